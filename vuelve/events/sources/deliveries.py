"""Webhooks: verified, kept as they came, mapped and appended in one transaction; a failure keeps the webhook.

Nothing is kept of what is not signed. What is signed is never lost: it is in the log, or kept with the reason why not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import psycopg
import structlog
from django.db import DataError, IntegrityError, transaction
from prometheus_client import Counter

from vuelve.events import services as events
from vuelve.events.sources import queries
from vuelve.events.sources.appending import append, pass_on
from vuelve.events.sources.contracts import Store, StoreState, WebhookState, problem
from vuelve.events.sources.queries import SQL
from vuelve.platform import limits
from vuelve.platform.db import Cursor, for_shop, for_shops
from vuelve.platform.errors import VuelveError, not_found
from vuelve.platform.extension import registry
from vuelve.platform.ids import ShopId
from vuelve.platform.stores import Delivery, Mapped, Reception, StoreEvent, StoreRequest, StoreSource
from vuelve.shops.queries import all_shop_ids
from vuelve.shops.services import audit

log = structlog.get_logger(__name__)

WEBHOOKS = Counter(
    "vuelve_store_webhooks_total", "Webhooks of stores answered.", ["source", "topic", "outcome"]
)
_decoder = msgspec.json.Decoder(dict[str, Any])


class NotSigned(VuelveError):  # noqa: N818
    """Whoever sent it is not the store."""

    def __init__(self) -> None:
        super().__init__(
            "not_signed",
            "The signature does not fit.",
            hint="Enter the app's present API secret key in Vuelve.",
            status=401,
        )


_NOTHING = Mapped()


@dataclass(frozen=True, slots=True)
class _Read:
    """A webhook, and what it means."""

    state: WebhookState
    mapped: Mapped = _NOTHING
    reason: str = ""


def shop_of_address(address: str) -> ShopId | None:
    """An address begins with its shop's number, so that it can be looked up behind the shop's own wall."""
    number, separator, _ = address.partition("-")
    if not separator or not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    return ShopId(int(number))


def take(
    *, source: StoreSource, address: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> WebhookState | None:
    """Take one webhook; None if it was taken before. Committed when it returns. Raises NotSigned, and keeps nothing."""
    shop = shop_of_address(address)
    if shop is None:
        raise NotSigned
    with for_shop(shop) as cursor:
        store = queries.store_at(cursor, shop, source.name, address)
    if store is None or not any(source.verify(headers, body, secret) for secret in store.secrets(now)):
        WEBHOOKS.labels(source.name, "", "not_signed").inc()
        raise NotSigned
    delivery = source.delivery(headers, body)
    if delivery.domain != store.domain:
        # One app in two stores signs with one secret: another store's customers must not end up here.
        WEBHOOKS.labels(source.name, "", "other_store").inc()
        raise NotSigned
    if not store.is_open and not source.stays_open_for(delivery.topic):
        WEBHOOKS.labels(source.name, _label(source, delivery.topic), "closed").inc()
        return None
    state = _keep(source, store, delivery, body, now)
    WEBHOOKS.labels(source.name, _label(source, delivery.topic), state or "repeated").inc()
    return state


def _label(source: StoreSource, topic: str) -> str:
    return topic if topic in source.topics() else "other"


def _keep(
    source: StoreSource, store: Store, delivery: Delivery, body: bytes, now: datetime
) -> WebhookState | None:
    reception = Reception(
        received_at=now,
        connected_at=store.connected_at,
        domain=store.domain,
        triggered_at=delivery.triggered_at,
    )
    read = _read(source, delivery.topic, body, reception)
    with for_shop(store.shop_id) as cursor:
        parameters = {
            "shop": store.shop_id,
            "store": store.id,
            "key": delivery.key,
            "topic": delivery.topic,
            "now": now,
            "triggered_at": delivery.triggered_at,
            "state": read.state,
            "reason": read.reason,
            "people": _people(read.mapped),
            # What was understood and is not wanted need not be kept.
            "body": b"" if read.state is WebhookState.SKIPPED else body,
        }
        if not cursor.execute(SQL["keep_webhook"], parameters).rowcount:
            return None
        trouble = _take_effect(cursor, store, read.mapped, now=now)
        if trouble is None:
            return read.state
        _set_state(cursor, store, delivery.key, WebhookState.FAILED, trouble)
    log.warning("webhook kept, not taken", shop=store.shop_id, topic=delivery.topic, reason=trouble)
    return WebhookState.FAILED


def _read(source: StoreSource, topic: str, body: bytes, reception: Reception) -> _Read:
    if topic not in source.topics():
        return _Read(WebhookState.UNKNOWN)
    try:
        mapped = source.map(topic, _decoder.decode(body), reception)
    except VuelveError as error:
        return _Read(WebhookState.FAILED, reason=problem(error.code, error.message))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _Read(WebhookState.FAILED, reason=problem("payload", f"JSON: {error}"))
    except Exception as error:
        # A shape nobody thought of. The store would send it again for hours, and then it would be lost.
        log.exception("a webhook could not be mapped", topic=topic)
        return _Read(WebhookState.FAILED, reason=problem("unforeseen", f"{type(error).__name__}: {error}"))
    if mapped.skipped:
        return _Read(WebhookState.SKIPPED, mapped, mapped.skipped)
    return _Read(WebhookState.TAKEN, mapped)


def _take_effect(cursor: Cursor, store: Store, mapped: Mapped, *, now: datetime) -> str | None:
    """What a webhook does; None, or why the database would not have it (nothing is done then)."""
    try:
        with transaction.atomic():
            append(cursor, store, [mapped], now=now)
            for request in mapped.requests:
                pass_on(cursor, store, request, now=now)
            if mapped.is_uninstall:
                _uninstall(cursor, store)
    except (psycopg.errors.CheckViolation, psycopg.errors.DataError, DataError, IntegrityError) as error:
        if "no partition" in str(error):
            events.ensure_months(now=now, months_ahead=1)
            return _take_effect(cursor, store, mapped, now=now)
        return problem("unforeseen", f"{type(error).__name__}: {error}")
    except VuelveError as error:
        return problem(error.code, error.message)
    return None


def _uninstall(cursor: Cursor, store: Store) -> None:
    cursor.execute(
        "UPDATE events_store SET state = %s, sealed_token = '', topics = '{}' "
        "WHERE shop_id = %s AND id = %s AND state <> 'disconnected'",
        [StoreState.UNINSTALLED, store.shop_id, store.id],
    )
    audit(shop=store.shop_id, actor="system", action="Store Uninstalled", target=store.domain)


def _set_state(cursor: Cursor, store: Store, key: str, state: WebhookState, reason: str) -> None:
    cursor.execute(
        "UPDATE events_webhook SET state = %s, reason = %s WHERE shop_id = %s AND store_id = %s AND key = %s",
        [state, reason, store.shop_id, store.id, key],
    )


def _people(mapped: Mapped) -> list[str]:
    """Whose data a body holds: to find it again when they must be erased."""
    known: list[StoreEvent | StoreRequest] = [*mapped.events, *mapped.requests]
    return sorted({value for one in known for value in (one.user_id, one.email, one.phone) if value})


def retry(*, shop: ShopId, store_id: int, key: str, now: datetime) -> WebhookState:
    """Map a failed webhook once more, as of when it came; its state afterwards. Raises VuelveError if there is none."""
    with for_shop(shop) as cursor:
        store = queries.store(cursor, shop, store_id)
        row = cursor.execute(
            "SELECT topic, body, received_at, triggered_at FROM events_webhook "
            "WHERE shop_id = %s AND store_id = %s AND key = %s AND state = 'failed' FOR UPDATE",
            [shop, store_id, key],
        ).fetchone()
        if row is None:
            raise not_found("webhook that failed")
        topic, body, received_at, triggered_at = row
        reception = Reception(
            received_at=received_at,
            connected_at=store.connected_at,
            domain=store.domain,
            triggered_at=triggered_at,
        )
        read = _read(registry.sources[store.source], topic, bytes(body), reception)
        trouble = None
        if read.state is not WebhookState.FAILED:
            trouble = _take_effect(cursor, store, read.mapped, now=now)
        state = WebhookState.FAILED if trouble else read.state
        _set_state(cursor, store, key, state, trouble or read.reason)
        cursor.execute(
            "UPDATE events_webhook SET people = %s WHERE shop_id = %s AND store_id = %s AND key = %s",
            [_people(read.mapped), shop, store_id, key],
        )
        return state


def retry_all(*, shop: ShopId, store_id: int, now: datetime) -> tuple[int, int]:
    """Retry the failed ones, a page of them; returns (taken, failed again). Raises VuelveError `not_found`."""
    with for_shop(shop) as cursor:
        queries.store(cursor, shop, store_id)
        keys = [webhook.key for webhook in queries.failed_webhooks(cursor, shop, store_id)]
    states = [retry(shop=shop, store_id=store_id, key=key, now=now) for key in keys]
    failed = sum(state is WebhookState.FAILED for state in states)
    return len(states) - failed, failed


def forget_old(*, now: datetime, rows: int = 5_000) -> int:
    """Drop webhooks older than STORE_WEBHOOK_DAYS, a bounded number a call; returns how many."""
    before = now - timedelta(days=limits.STORE_WEBHOOK_DAYS)
    with for_shops(all_shop_ids()) as cursor:
        return cursor.execute(
            "DELETE FROM events_webhook WHERE (shop_id, store_id, key) IN ("
            "SELECT shop_id, store_id, key FROM events_webhook WHERE received_at < %s LIMIT %s FOR UPDATE SKIP LOCKED)",
            [before, rows],
        ).rowcount
