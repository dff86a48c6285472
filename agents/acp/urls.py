from __future__ import annotations

from django.urls import path, re_path

from agents.acp import views

urlpatterns = [
    path("checkout_sessions", views.CheckoutSessions.as_view()),
    path("checkout_sessions/<str:session_id>", views.CheckoutSessionDetail.as_view()),
    path("checkout_sessions/<str:session_id>/complete", views.CheckoutSessionComplete.as_view()),
    path("checkout_sessions/<str:session_id>/cancel", views.CheckoutSessionCancel.as_view()),
    path("carts", views.Carts.as_view()),
    path("carts/<str:cart_id>", views.CartDetail.as_view()),
    path("carts/<str:cart_id>/cancel", views.CartCancel.as_view()),
    re_path(r"^.*$", views.Elsewhere.as_view()),
]
