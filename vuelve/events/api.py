"""`POST /v1/batch`, `/v1/track`, `/v1/identify`: Segment's HTTP API. Answers when the rows are committed."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

import psycopg
import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import RawPostDataException
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from prometheus_client import Counter

from vuelve.events.decoding import Decoded, decode_batch, decode_single
from vuelve.events.services import append_api
from vuelve.platform import clock, limits
from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.errors import VuelveError
from vuelve.platform.http import error_response
from vuelve.platform.ids import ShopId
from vuelve.shops.models import KeyKind
from vuelve.shops.services import shop_of_key

log = structlog.get_logger(__name__)

ACCEPTED = Counter("vuelve_events_accepted_total", "Events answered with 200 after commit.")
REJECTED = Counter("vuelve_events_rejected_total", "Events refused.", ["code"])

KEY_CACHE_SECONDS = 5.0  # a revoked key works for at most so long
KEY_CACHE_MAX = 10_000
_known: dict[str, tuple[float, ShopId | None]] = {}

Decoder = Callable[[bytes], Decoded]


@csrf_exempt
@require_POST
def batch(request: HttpRequest) -> HttpResponse:
    return _take(request, lambda body: decode_batch(body, received_at=clock.real.now()))


@csrf_exempt
@require_POST
def track(request: HttpRequest) -> HttpResponse:
    return _take(request, lambda body: decode_single(body, type="track", received_at=clock.real.now()))


@csrf_exempt
@require_POST
def identify(request: HttpRequest) -> HttpResponse:
    return _take(request, lambda body: decode_single(body, type="identify", received_at=clock.real.now()))


def _take(request: HttpRequest, decode: Decoder) -> HttpResponse:
    try:
        shop, decoded = _authenticate_and_decode(request, decode)
        if decoded.rows is not None:
            append_api(shop=shop, events=decoded.rows, now=clock.real.now())
            ACCEPTED.inc(decoded.accepted)
    except VuelveError as error:
        REJECTED.labels(error.code).inc()
        return _answer_error(error)
    except (OperationalError, psycopg.OperationalError) as error:
        log.error("database unavailable", error=str(error).strip())
        response = error_response(
            VuelveError(
                "unavailable", "The database does not answer.", hint="Send the events again.", status=503
            )
        )
        response.headers["Retry-After"] = "2"
        return response
    if not decoded.errors:
        return JsonResponse({"success": True, "accepted": decoded.accepted})
    return _answer_bad_events(decoded)


def _authenticate_and_decode(request: HttpRequest, decode: Decoder) -> tuple[ShopId, Decoded]:
    """The key comes first where the header has it: a stranger learns nothing of what is wrong with a body."""
    header_key = _key_of_header(request)
    shop = _shop(header_key) if header_key else None
    if header_key and shop is None:
        raise _wrong_key()
    length = request.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > limits.BATCH_BYTES_MAX:
        raise VuelveError(
            "request_too_large",
            f"The body has {length} bytes.",
            hint=f"At most {limits.BATCH_BYTES_MAX}.",
            status=413,
        )
    try:
        decoded = decode(request.body)
    except (RequestDataTooBig, RawPostDataException) as error:
        raise VuelveError("request_too_large", "The body is too large.", status=413) from error
    if shop is None:
        shop = _shop(decoded.write_key or "")
    if shop is None:
        raise _wrong_key()
    return shop, decoded


def _wrong_key() -> VuelveError:
    return VuelveError(
        "wrong_key",
        "The write key is missing or not valid.",
        hint="Send it as the user name of HTTP Basic authentication, or as writeKey in the body.",
        status=401,
    )


def _key_of_header(request: HttpRequest) -> str:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError) as error:
        raise _wrong_key() from error


def _shop(secret: str) -> ShopId | None:
    """The shop of a write key; remembered briefly, since it is asked with every request."""
    if not secret or "\x00" in secret:
        return None
    now = monotonic_seconds()
    known = _known.get(secret)
    if known and known[0] > now:
        return known[1]
    if len(_known) >= KEY_CACHE_MAX:
        _known.clear()
    shop = shop_of_key(secret=secret, kind=KeyKind.WRITE)
    _known[secret] = (now + KEY_CACHE_SECONDS, shop)
    return shop


def _answer_bad_events(decoded: Decoded) -> JsonResponse:
    """Good events of a batch are kept; each bad one is named with its index, code and field."""
    for problem in decoded.errors:
        REJECTED.labels(problem["code"]).inc()
    body: dict[str, Any] = {"success": False, "accepted": decoded.accepted, "errors": decoded.errors}
    body["error"] = {
        "code": "bad_events",
        "message": f"{len(decoded.errors)} events were refused; {decoded.accepted} were kept.",
        "hint": "Mend the events named in `errors`; do not send the others again.",
    }
    return JsonResponse(body, status=400)


def _answer_error(error: VuelveError) -> JsonResponse:
    response = error_response(error)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Vuelve"'
    return response
