from __future__ import annotations

from django.urls import path

from merchants.feeds.views import feed_file, feed_index

urlpatterns = [
    path("<str:token>/", feed_index, name="feed_index"),
    path("<str:token>/<str:name>", feed_file, name="feed_file"),
]
