"""Segment's HTTP API: `/v1/{track,identify,page,screen,group,alias,batch,import}`, for any SDK that speaks it.

Answered when the rows are committed. A bad event is refused by itself and kept apart with its reason; the good ones of
its batch are in the log.
"""

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import Any

import psycopg
import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from prometheus_client import Counter

from vuelve.events import decoding, reading, rejecting
from vuelve.events.contracts import Rejected
from vuelve.events.decoding import Envelope, Refusal, Row
from vuelve.events.services import append_api
from vuelve.events.throttling import Buckets
from vuelve.platform import clock, env, limits
from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import registry
from vuelve.shops.api import missing_scope
from vuelve.shops.contracts import KeyHolder
from vuelve.shops.scopes import Scope
from vuelve.shops.services import key_holder

log = structlog.get_logger(__name__)

SOURCE = "api"

ACCEPTED = Counter("vuelve_events_accepted_total", "Events taken: stored, or known from before.")
DUPLICATES = Counter("vuelve_events_duplicate_total", "Events taken whose message id was known.")
REJECTED = Counter("vuelve_events_rejected_total", "Events and requests refused.", ["code"])

KEY_CACHE_SECONDS = 5.0  # a revoked key works for at most so long
KEY_CACHE_MAX = 10_000
_known: dict[str, tuple[float, KeyHolder | None]] = {}

# Not served: the database is away, full, overloaded or read-only. The sender keeps the events and comes again.
UNAVAILABLE = (
    OperationalError,
    InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.ReadOnlySqlTransaction,
)
UNAVAILABLE_SECONDS = 2

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Retry-After",
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    # `*` does not cover Authorization; the named ones are for browsers that do not know `*`.
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding, X-Retry-Count, AnonymousId, *",
    "Access-Control-Max-Age": "86400",
}

Opener = Callable[[bytes], Envelope]
View = Callable[[HttpRequest], HttpResponse]


def single(type: str) -> View:
    """The view of `/v1/<type>`."""
    return _endpoint(lambda body: decoding.open_single(body, type=type))


def _endpoint(open_body: Opener) -> View:
    @csrf_exempt
    @wraps(open_body)
    def view(request: HttpRequest) -> HttpResponse:
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers=CORS | PREFLIGHT)
        if request.method != "POST":
            response = _answer_error(
                VuelveError("method_not_allowed", "Events are sent by POST.", status=405)
            )
            response.headers["Allow"] = "POST, OPTIONS"
        else:
            response = _take(request, open_body)
        for name, value in CORS.items():
            response.headers[name] = value
        return response

    return view


batch = _endpoint(decoding.open_batch)
history = _endpoint(lambda body: decoding.open_batch(body, is_history=True))


def _take(request: HttpRequest, open_body: Opener) -> HttpResponse:
    now = clock.real.now()
    # Set by our own page that tries a key out, and by nothing that comes from outside.
    holder: KeyHolder | None = getattr(request, "trusted_holder", None)
    body, secret = b"", ""
    try:
        # The key comes first where the header or address has it: a stranger learns nothing of what is wrong with a body.
        if secret := _key_of_request(request):
            holder = _holder(secret)
        elif holder is not None:
            _check_scope(holder)
        body = _read(request)
        envelope = open_body(body)
        if holder is None:
            secret = envelope.write_key or ""
            holder = _holder(secret)
        _throttle(holder, len(envelope.events))
        decoded = decoding.decode(envelope, received_at=now, guarded=_guarded(holder))
        refused = decoded.refused + _append(holder, decoded.rows, is_history=envelope.is_history, now=now)
    except VuelveError as error:
        REJECTED.labels(error.code).inc()
        if holder is not None and error.status in (400, 413, 415):
            begin = error.beginning if isinstance(error, reading.DamagedBodyError) else body
            _keep(holder, [_rejected(error, begin, None, secret)], now)
        return _answer_error(error)
    except UNAVAILABLE as error:
        log.error("database unavailable", error=str(error).strip())
        return _answer_error(
            VuelveError(
                "unavailable",
                "The database does not answer.",
                hint="Send the events again.",
                status=503,
                details={"retry_after": UNAVAILABLE_SECONDS},
            )
        )
    accepted = len(envelope.events) - len(refused)
    if not refused:
        return HttpResponse(b'{"success": true, "accepted": %d}' % accepted, content_type="application/json")
    for refusal in refused:
        REJECTED.labels(refusal.error.code).inc()
    _keep(holder, [_rejected(bad.error, bad.raw, bad.index, secret, envelope.type) for bad in refused], now)
    return _answer_bad_events(accepted, refused)


def _key_of_request(request: HttpRequest) -> str:
    """From Basic authentication, or from the address: `navigator.sendBeacon` can set no header."""
    scheme, _, encoded = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "basic":
        return request.GET.get("writeKey", "") if request.META.get("QUERY_STRING") else ""
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[0]
    except ValueError as error:  # no base64, or no ASCII in the first place, or no UTF-8 in it
        raise _wrong_key() from error


def _holder(secret: str) -> KeyHolder:
    """Whose key it is; remembered briefly, since it is asked with every request. Raises VuelveError `wrong_key`."""
    now = monotonic_seconds()
    if len(secret) > limits.API_KEY_CHARS_MAX:
        raise _wrong_key()
    known = _known.get(secret)
    if known is None or known[0] <= now:
        if len(_known) >= KEY_CACHE_MAX:
            _known.clear()
        known = _known[secret] = (now + KEY_CACHE_SECONDS, key_holder(secret=secret) if secret else None)
    if known[1] is None:
        raise _wrong_key()
    _check_scope(known[1])
    return known[1]


def _check_scope(holder: KeyHolder) -> None:
    """Raises VuelveError `scope`."""
    if not holder.may(Scope.EVENTS_WRITE):
        raise missing_scope(Scope.EVENTS_WRITE)


def _wrong_key() -> VuelveError:
    return VuelveError(
        "wrong_key",
        "The write key is missing or not valid.",
        hint="Send it as the user name of HTTP Basic authentication, or as writeKey in the body.",
        status=401,
    )


def _read(request: HttpRequest) -> bytes:
    """The body's JSON; neither it nor what it unpacks to passes the limit."""
    most = limits.BATCH_BYTES_MAX
    length = request.META.get("CONTENT_LENGTH", "")
    # Django reads as far as Content-Length says; a body that comes in chunks has none.
    is_chunked = not length and request.META.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
    stream = request.META["wsgi.input"] if is_chunked else request
    try:
        if length.isdigit() and int(length) > most:
            _drain(stream)
            raise reading.too_large(int(length), most)
        raw: bytes = stream.read(most + 1)
    except (UnreadablePostError, OSError) as error:
        raise VuelveError(
            "body_unreadable", "The body did not arrive whole.", hint="Send it again."
        ) from error
    if len(raw) > most:
        _drain(stream)
        raise reading.too_large(len(raw), most)
    return reading.unpack(raw, request.META.get("HTTP_CONTENT_ENCODING", ""), most=most)


def _drain(stream: Any) -> None:
    """Whoever is still sending when the answer comes sees a broken connection, not the answer: read a bounded rest."""
    for _piece in range(limits.REFUSED_BYTES_READ_MAX // limits.BATCH_BYTES_MAX):
        if not stream.read(limits.BATCH_BYTES_MAX):
            return


_buckets: list[Buckets] = []


def _throttle(holder: KeyHolder, events: int) -> None:
    """One shop's flood must not be the others' outage. Raises VuelveError `rate_limited`."""
    if not _buckets:
        rate = env.get("VUELVE_INGEST_EVENTS_PER_SECOND")
        _buckets.append(Buckets(per_second=rate, burst=rate * limits.INGEST_BURST_SECONDS))
    wait = _buckets[0].take(holder.shop, max(events, 1), at_seconds=monotonic_seconds())
    if wait > 0:
        raise VuelveError(
            "rate_limited",
            f"The shop sends more than {_buckets[0].per_second:g} events a second.",
            hint="Wait as long as Retry-After says, then send the events again.",
            status=429,
            details={"retry_after": int(wait) + 1},
        )


def _guarded(holder: KeyHolder) -> frozenset[str]:
    if holder.is_secret or not holder.orders_need_secret_key:
        return frozenset()
    return frozenset(registry.guarded_events)


def _append(holder: KeyHolder, rows: Sequence[Row], *, is_history: bool, now: datetime) -> list[Refusal]:
    """Commit the rows; returns those that PostgreSQL cannot hold, whatever decoding overlooked. None must cost the others."""
    if not rows:
        return []
    try:
        new = append_api(shop=holder.shop, events=decoding.encode_rows(rows), is_history=is_history, now=now)
    except psycopg.DataError as error:
        if len(rows) == 1:
            log.error("event not storable", shop=holder.shop, error=str(error).strip())
            reason = str(error).strip().partition("\n")[0]
            refusal = VuelveError("not_storable", f"The event cannot be stored: {reason}.")
            return [Refusal(rows[0].ordinal, refusal, bytes(rows[0].properties))]
        half = len(rows) // 2
        return [
            *_append(holder, rows[:half], is_history=is_history, now=now),
            *_append(holder, rows[half:], is_history=is_history, now=now),
        ]
    ACCEPTED.inc(len(rows))
    DUPLICATES.inc(len(rows) - new)
    return []


def _keep(holder: KeyHolder, rejects: Sequence[Rejected], now: datetime) -> None:
    """After the good ones are committed, and never in their way: a reject that cannot be kept was still answered."""
    try:
        rejecting.keep_rejected(shop=holder.shop, source=SOURCE, rejects=rejects, now=now)
    except UNAVAILABLE as error:
        rejecting.UNKEPT.inc(len(rejects))
        log.warning("rejects not kept", error=str(error).strip())


def _rejected(
    error: VuelveError, raw: bytes, index: int | None, secret: str, type: str | None = None
) -> Rejected:
    event_type, event_name = (None, None) if index is None else decoding.peek(raw)
    return Rejected(
        code=error.code,
        message=error.message,
        bytes=len(raw),
        excerpt=rejecting.excerpt(raw, secret=secret),
        field=error.field,
        hint=error.hint,
        index=index,
        event_type=type or event_type,
        event_name=event_name,
    )


def _answer_bad_events(accepted: int, refused: Sequence[Refusal]) -> HttpResponse:
    """Good events of a batch are kept; each bad one is named with its index, code and field."""
    summary = VuelveError(
        "bad_events",
        f"{len(refused)} of {len(refused) + accepted} events were refused; the others were kept."
        if accepted
        else "Nothing was kept: all of it was refused.",
        hint="Mend the events named in `errors`; do not send the others again.",
    )
    ordered = sorted(refused, key=lambda refusal: refusal.index)
    errors = [{"index": refusal.index, **refusal.error.as_json()} for refusal in ordered]
    return _answer_error(summary, accepted=accepted, errors=errors)


def _answer_error(error: VuelveError, **more: Any) -> HttpResponse:
    """The error as everywhere, and its code and message where Segment's SDKs look for them."""
    body = {"success": False, "code": error.code, "message": error.message, **more, "error": error.as_json()}
    response = JsonResponse(body, status=error.status)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Vuelve"'
    if seconds := error.details.get("retry_after"):
        response.headers["Retry-After"] = str(seconds)
    return response
