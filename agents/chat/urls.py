from __future__ import annotations

from django.urls import path

from agents.chat import views, wallet_views

CONVERSATION = "<slug:merchant_slug>/<slug:conversation_id>"

urlpatterns = [
    path("", views.chats_page, name="chats"),
    path("<slug:merchant_slug>", views.chat_page, name="chat"),
    path("<slug:merchant_slug>/new", views.new_conversation, name="new_conversation"),
    path(CONVERSATION, views.conversation_page, name="conversation"),
    path(f"{CONVERSATION}/words", views.words, name="chat_words"),
    path(f"{CONVERSATION}/pay", views.pay, name="chat_pay"),
    path(f"{CONVERSATION}/sheet", views.sheet, name="chat_sheet"),
    path(f"{CONVERSATION}/events", views.events, name="chat_events"),
    path(f"{CONVERSATION}/timeline.json", views.timeline_json, name="chat_timeline"),
    path(f"{CONVERSATION}/wallet", wallet_views.wallet, name="chat_wallet"),
]
