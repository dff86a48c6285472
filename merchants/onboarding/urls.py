from __future__ import annotations

from django.urls import path

from merchants.onboarding import entrance

urlpatterns = [
    path("shop/", entrance.new_shop, name="open_shop"),
    path("invitations/<str:token>/", entrance.invitation, name="invitation"),
]
