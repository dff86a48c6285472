"""So many rows of every record there is, all of one merchant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

from django.contrib.auth.models import User

from agents.chat.models import ChatCheckout, ChatEvent, Conversation, ShopChat, Turn
from agents.rehearsals.models import Rehearsal, RehearsalStep
from agents.webhooks.models import Delivery, DeliveryAttempt, Endpoint
from commerce.accounts.models import Agent, AgentKeySpend, Invitation, Membership, Merchant, StaffAction
from commerce.accounts.services import issue_key
from commerce.aftersales.models import Return, ReturnLine
from commerce.carts.models import Cart
from commerce.checkout.models import CheckoutSession, Confirmation
from commerce.discounts.models import DiscountUsage, Redemption
from commerce.emails.models import Email
from commerce.fulfillment.models import Shipment, ShipmentEvent, ShipmentLine
from commerce.idempotency.models import IdempotencyRecord
from commerce.ids import new_id, order_number, random_text
from commerce.inbox.models import EventMark, InboxMessage, ProviderEvent
from commerce.inventory.models import Reservation
from commerce.orders.models import Adjustment, Order, OrderEvent, OrderLine, OrderNote
from commerce.outbox.models import OutboxEvent
from commerce.payments.models import Dispute, PaymentAttempt, ProviderAccount
from commerce.reconciliation.models import Difference
from commerce.wallet.models import Card, Mandate, Shopper, WalletToken
from merchants.feeds.models import (
    Blob,
    BlobChunk,
    DriftCheck,
    DriftFinding,
    Feed,
    FeedBuild,
    FeedFile,
    FeedProblem,
    PublishedItem,
    PushProduct,
    PushTry,
)
from merchants.feeds.services import create_feed
from merchants.imports.models import FilePart, FoundChange, FoundProblem, ImportJob
from tests.factories import (
    AgentFactory,
    DiscountFactory,
    FulfillmentMethodFactory,
    MediaFactory,
    MerchantFactory,
    PickupLocationFactory,
    ProductFactory,
    TaxRateFactory,
    VariantFactory,
)

NOW = datetime(2026, 4, 20, 18, 0, tzinfo=UTC)


def add_rows(merchant: Merchant, start: int, stop: int) -> None:
    """Add one row of each kind for every number. Other merchants come and go with their own rows."""
    for number in range(start, stop):
        MerchantFactory.create()
        agent = AgentFactory.create(merchant=merchant)
        product = ProductFactory.create(merchant=merchant, option_names=["Color"])
        variant = VariantFactory.create(merchant=merchant, product=product, price_minor=2400)
        MediaFactory.create(product=product, variant=variant)
        _import(merchant, number)
        order = _order(merchant, agent, variant.pk)
        _sold(merchant, agent, order, number)
        _terms(merchant, number)
        _queues(merchant, agent, order, number)
        _chat(merchant, agent, order)
        Reservation.objects.create(stock=variant.stock, reference=new_id("pay"), quantity=1, expires_at=NOW)


def _chat(merchant: Merchant, agent: Agent, order: Order) -> None:
    if not ShopChat.objects.filter(merchant=merchant).exists():
        ShopChat.objects.create(merchant=merchant, key=issue_key(agent)[0], sealed_token=b"sealed")
    shopper = Shopper.objects.create(key_hash=random_text(64), email="ada@example.com")
    card = Card.objects.create(shopper=shopper, name="pm_card_visa", brand="visa", last4="4242", added_at=NOW)
    Mandate.objects.create(shopper=shopper, currency="usd", limit_per_order_minor=5000)
    talk = Conversation.objects.create(merchant=merchant, shopper=shopper, created_at=NOW, last_at=NOW)
    turn = Turn.objects.create(
        conversation=talk, kind="words", text=f"A tote of {merchant.slug}", due_at=NOW, created_at=NOW
    )
    ChatEvent.objects.create(conversation=talk, turn=turn, kind="shopper", data={"text": "A tote"}, at=NOW)
    ChatCheckout.objects.create(
        session_id=order.checkout_session_id, conversation=talk, order_id=order.pk, created_at=NOW
    )
    WalletToken.objects.create(
        confirmation=Confirmation.objects.get(attempt_id=order.payment_id),
        card=card,
        merchant=merchant,
        amount_minor=2900,
        currency="usd",
        created_at=NOW,
    )


def _import(merchant: Merchant, number: int) -> None:
    job = ImportJob.objects.create(
        merchant=merchant,
        created_by=User.objects.create(username=f"importer of {merchant.slug} {number}"),
        file_name=f"{merchant.slug}-{number}.csv",
        file_bytes=19,
        file_columns=["handle", f"price of {merchant.slug}"],
        file_samples=["mug", "12.00"],
        wording="CSV, UTF-8",
        format="own",
        status="previewed",
        total=1,
        done=1,
        counts={"products_created": 1},
        problem_counts={"warning": 1},
        changes=1,
        created_at=NOW,
        worked_at=NOW,
    )
    FilePart.objects.create(job=job, number=0, content=b"handle,price\nmug,12")
    FoundProblem.objects.create(job=job, row=2, value=f"value {job.pk}", advice="Mend it.", severity="warning")
    FoundChange.objects.create(job=job, row=2, product=f"mug of {merchant.slug}", change="created")


def _order(merchant: Merchant, agent: Agent, variant_id: str) -> Order:
    attempt = PaymentAttempt.objects.create(
        merchant=merchant,
        reference=new_id("cs"),
        amount_minor=2900,
        currency="usd",
        status="captured",
        captured_minor=2900,
        token_fingerprint="f" * 64,
        request_key="k" * 64,
        leased_until=NOW,
        submitted_at=NOW,
    )
    order = Order.objects.create(
        merchant=merchant,
        agent=agent,
        payment=attempt,
        checkout_session_id=attempt.reference,
        number=order_number(),
        permalink_token=random_text(32),
        currency="usd",
        items_minor=2400,
        fulfillment_minor=500,
        total_minor=2900,
        email="ada@example.com",
        buyer={"first_name": "Ada"},
        placed_at=NOW,
        updated_at=NOW,
    )
    OrderLine.objects.create(
        order=order,
        position=1,
        variant_id=variant_id,
        product_id="prod_1",
        title="Canvas Tote",
        unit_price_minor=2400,
        ordered=1,
        current=1,
        items_minor=2400,
        total_minor=2400,
    )
    return order


def _sold(merchant: Merchant, agent: Agent, order: Order, number: int) -> None:
    OrderEvent.objects.create(order=order, sequence=1, kind="placed", detail={"total": 1}, occurred_at=NOW)
    Adjustment.objects.create(order=order, kind="refund", amount_minor=100, occurred_at=NOW)
    shipment = Shipment.objects.create(order=order, carrier="UPS", created_at=NOW)
    ShipmentLine.objects.create(shipment=shipment, order_line=order.lines.get(), quantity=1)
    ShipmentEvent.objects.create(shipment=shipment, kind="shipped", occurred_at=NOW)
    _told(order)
    key, _ = issue_key(agent, limit_per_order_minor=20_000)
    AgentKeySpend.objects.create(key=key, day=NOW.date(), amount_minor=2900)
    session = CheckoutSession.objects.create(
        merchant=merchant,
        agent=agent,
        agent_key=key,
        status="completed",
        currency="usd",
        total_minor=2900,
        document='{"lines": []}',
        created_at=NOW,
        updated_at=NOW,
        expires_at=NOW,
    )
    Confirmation.objects.create(
        session=session,
        terms_hash="a" * 64,
        terms="{}",
        total_minor=2900,
        currency="usd",
        confirmed_at=NOW,
        expires_at=NOW,
        used_at=NOW,
        attempt_id=order.payment_id,
    )
    Cart.objects.create(
        merchant=merchant, agent=agent, document="{}", expires_at=NOW, created_at=NOW, updated_at=NOW
    )


def _told(order: Order) -> None:
    OrderNote.objects.create(order=order, author=f"Kim of {order.merchant.slug}", text="Gift", written_at=NOW)
    Email.objects.create(
        order=order, kind="receipt", recipient=order.email, status="failed", due_at=NOW, created_at=NOW
    )
    wish = Adjustment.objects.create(order=order, kind="return", status="pending", occurred_at=NOW)
    returned = Return.objects.create(order=order, adjustment=wish, reason="too_small", requested_at=NOW)
    ReturnLine.objects.create(of_return=returned, order_line=order.lines.get(), quantity=1)


def _terms(merchant: Merchant, number: int) -> None:
    Invitation.objects.create(
        merchant=merchant,
        email=f"new-{number}@{merchant.slug}.example",
        role="support",
        created_at=NOW,
        expires_at=NOW,
    )
    ProviderAccount.objects.create(
        merchant=merchant,
        reference=f"acct_{merchant.slug}_{number}",
        name=f"Account {number} of {merchant.slug}",
        is_live=False,
        is_current=False,
        sealed_key=b"sealed",
        key_hint="sk_test_…abcd",
        connected_at=NOW,
    )
    member = User.objects.create(username=f"{merchant.slug}-{number}", email=f"{number}@{merchant.slug}.example")
    Membership.objects.create(user=member, merchant=merchant, role="support")
    StaffAction.objects.create(
        merchant=merchant,
        user=member,
        user_name=member.username,
        kind="changed",
        model="discounts.discount",
        row=f"disc_{number}_{merchant.slug}",
        subject="Ten",
        changes=[{"field": "Percent", "before": "10", "after": "15"}],
        done_at=NOW,
    )
    TaxRateFactory.create(merchant=merchant, jurisdiction=f"District {number}", percentage=Decimal("1.5"))
    FulfillmentMethodFactory.create(merchant=merchant)
    PickupLocationFactory.create(merchant=merchant)
    discount = DiscountFactory.create(merchant=merchant, code=f"CODE{number}", usage_limit=5)
    DiscountUsage.objects.create(discount=discount, used=1)
    Redemption.objects.create(discount=discount, reference=new_id("pay"), buyer="b" * 64)


def _feeds(merchant: Merchant, agent: Agent, number: int) -> None:
    digest = sha256(f"{merchant.pk} {number}".encode()).hexdigest()
    content = Blob.objects.create(sha256=digest, size=9, created_at=NOW)
    BlobChunk.objects.create(blob=content, number=0, data=b"a product")
    feed, _ = create_feed(
        merchant, profile="acp", file_format="jsonl", name=f"Feed {number}", agent=agent, now=NOW
    )
    build = FeedBuild.objects.create(
        feed=feed,
        status="published",
        cause="schedule",
        rows=1,
        report=content,
        problem_counts=[["V-08", "brand", "refused", 1]],
        started_at=NOW,
    )
    Feed.objects.filter(pk=feed.pk).update(
        build=build, push_url="https://platform.example/v1", sealed_push_key=b"s"
    )
    FeedFile.objects.create(build=build, name="products.jsonl", blob=content, rows=1, changed_at=NOW)
    told = {"item_id": new_id("var"), "product_id": new_id("prod"), "title": f"Tote {number}"}
    FeedProblem.objects.create(build=build, **told, rule="V-08", field="brand", advice="Add it.", effect="refused")
    PublishedItem.objects.create(
        feed=feed, **told, state="checkout", currency="usd", price_minor=2400, digest=b"d", told_at=NOW
    )
    DriftCheck.objects.create(feed=feed, cause="nightly", items=1, differences=1, checked_at=NOW)
    DriftFinding.objects.create(feed=feed, **told, field="price", told="24.00 USD", live="19.00 USD", found_at=NOW)
    PushProduct.objects.create(feed=feed, product_id=new_id("prod"), refusal="it answered 422")
    PushTry.objects.create(
        feed=feed, request_id=new_id("req"), method="PATCH", path="/feeds", milliseconds=9, tried_at=NOW
    )


def _queues(merchant: Merchant, agent: Agent, order: Order, number: int) -> None:
    rehearsal = Rehearsal.objects.create(
        merchant=merchant,
        agent=agent,
        status="failed",
        step="tidy",
        problem=f"Nothing is sent to {merchant.slug}.",
        due_at=NOW,
        started_at=NOW,
    )
    RehearsalStep.objects.create(
        rehearsal=rehearsal, position=1, name="search", words=f"Found in {merchant.slug}.", started_at=NOW
    )
    endpoint = Endpoint.objects.create(
        agent=agent, url=f"https://agent.example/hooks/{number}", sealed_secret=b"sealed"
    )
    delivery = Delivery.objects.create(
        body=b"{}", endpoint=endpoint, order=order, sequence=1, kind="order_create", due_at=NOW, created_at=NOW
    )
    DeliveryAttempt.objects.create(delivery=delivery, number=1, status=500, milliseconds=12, attempted_at=NOW)
    _feeds(merchant, agent, number)
    OutboxEvent.objects.create(
        topic="order.placed", subscriber="s", key=order.pk, status="dead", due_at=NOW, created_at=NOW
    )
    InboxMessage.objects.create(
        merchant=merchant,
        source="fulfillment",
        external_id=f"msg_{number}",
        kind="shipment.shipped",
        payload={"order": order.number},
        received_at=NOW,
    )
    Dispute.objects.create(
        id=new_id("dsp"),
        attempt_id=order.payment_id,
        provider_reference=f"du_{order.pk}",
        amount_minor=900,
        status="needs_response",
        opened_at=NOW,
        updated_at=NOW,
    )
    Difference.objects.create(
        kind="refunded",
        subject=order.payment_id,
        merchant=merchant,
        attempt_id=order.payment_id,
        provider_reference=f"pi_{order.pk}",
        provider_says=f"9.00 USD given back by {merchant.slug}",
        we_say="0.00 USD given back",
        amount_minor=900,
        currency="usd",
        first_seen_at=NOW,
        last_seen_at=NOW,
    )
    ProviderEvent.objects.create(
        id=f"evt_{order.pk}",
        kind="refund.updated",
        subject=f"re_{number}",
        payload={"data": {"object": {"object": "refund"}}},
        received_at=NOW,
    )
    account = ProviderAccount.objects.get(reference=f"acct_{merchant.slug}_{number}")
    EventMark.objects.create(account=account, looked_until=NOW)
    IdempotencyRecord.objects.create(
        caller=agent.pk,
        path="/acp/checkout_sessions",
        key=f"key-{number}",
        fingerprint="e" * 64,
        status=200,
        body=b"stored-answer",
        leased_until=NOW,
        created_at=NOW + timedelta(seconds=number),
    )
