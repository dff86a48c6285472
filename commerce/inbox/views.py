from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from pydantic import ValidationError

from commerce import clock
from commerce.errors import NotFoundError
from commerce.inbox.messages import FulfillmentMessage
from commerce.inbox.provider_events import store_event
from commerce.inbox.services import ForgedMessageError, authenticate, store_message
from commerce.payments.connections import gateway_at, latest
from commerce.payments.gateway import NoticeRefusedError
from commerce.payments.models import ProviderAccount
from commerce.untrusted_json import UntrustedJsonError, json_path, parse_object


@csrf_exempt
@require_POST
def fulfillment_webhook(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a message from a carrier or warehouse: verified raw, stored once, handled by a worker.

    Answers 200 for what is stored, also for a repetition, 401 for a wrong signature, 400 for a body that
    cannot be read. The sender repeats everything but 2xx.
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.MAX_BODY_BYTES:
        return _problem(413, "too_large", f"The body is larger than {settings.MAX_BODY_BYTES} bytes.")
    now, body = clock.now(), request.body
    try:
        signature = request.headers.get("Fulfillment-Signature", "")
        merchant = authenticate(slug, body=body, signature=signature, now=now)
        payload = parse_object(body)
        message = FulfillmentMessage.model_validate(payload)
    except NotFoundError as problem:
        return _problem(404, problem.code, problem.message)
    except ForgedMessageError as problem:
        return _problem(401, problem.code, problem.message)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
        return _problem(400, "invalid", f"{json_path(tuple(first['loc']))}: {first['msg']}")
    except UntrustedJsonError as problem:
        return _problem(400, "invalid", f"{problem.path} {problem}".strip())
    is_new = store_message(merchant, external_id=message.id, kind=message.type, payload=payload, now=now)
    return JsonResponse({"received": True, "duplicate": not is_new})


@csrf_exempt
@require_POST
def provider_webhook(request: HttpRequest, account_id: str | None = None) -> HttpResponse:
    """Take an event of the payment provider: verified raw, stored once, handled by a worker.

    Without an account in the address it is of the installation's. Answers 200 for what is stored, also for a
    repetition, 400 for what is not the provider's, 404 for an account that is not here. The provider repeats
    everything but 2xx.
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.MAX_BODY_BYTES:
        return _problem(413, "too_large", f"The body is larger than {settings.MAX_BODY_BYTES} bytes.")
    now, signature = clock.now(), request.headers.get("Stripe-Signature", "")
    try:
        notice = gateway_at(latest(account_id)).read_notice(request.body, signature=signature, now=now)
    except ProviderAccount.DoesNotExist:
        return _problem(404, "not_found", "There is no such address.")
    except NoticeRefusedError as problem:
        return _problem(400, "invalid_signature", str(problem))
    is_new = store_event(notice, now=now, account_id=account_id)
    return JsonResponse({"received": True, "duplicate": not is_new})


def _problem(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"received": False, "code": code, "message": message}, status=status)
