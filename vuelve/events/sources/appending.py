"""From what payloads mean to the log, in the caller's transaction: the one way in for webhooks and backfills."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from vuelve.events import services as events
from vuelve.events.contracts import Kind
from vuelve.events.sources.contracts import Store
from vuelve.events.sources.queries import SQL
from vuelve.platform import limits
from vuelve.platform.db import Cursor
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import registry
from vuelve.platform.stores import Mapped, StoreEvent, StoreRequest, StoreRequestKind, StoreSeen
from vuelve.shops.services import audit

_encode = msgspec.json.Encoder().encode


def append(cursor: Cursor, store: Store, mapped: Sequence[Mapped], *, now: datetime) -> int:
    """Events to the log, things to the list of things told of; returns how many events were new.

    A handful of statements, however much there is. Locks in one order: things, then the keys of events.
    """
    events_in = [event for one in mapped for event in one.events]
    owners = _owners(cursor, store, {event.order_id for event in events_in if event.order_id})
    rows = [_row(event, owners.get(event.order_id)) for event in events_in]
    rows += _note(cursor, store, [seen for one in mapped for seen in one.seen], now)
    if not rows:
        return 0
    events.open_staging(cursor)
    cursor.execute(SQL["stage_events"], {"shop": store.shop_id, "events": _encode(rows).decode()})
    return events.record_staged(cursor, now=now, source=store.source, from_outside=True)


_Owner = tuple[str | None, str | None, str | None]  # user id, e-mail, phone


def _owners(cursor: Cursor, store: Store, orders: Iterable[str]) -> dict[str, _Owner]:
    """Whose these orders are. One that is not known is noted as awaited: when it comes, it says whose all this was."""
    wanted = sorted(orders)
    if not wanted:
        return {}
    parameters = {"shop": store.shop_id, "store": store.id, "orders": wanted}
    cursor.execute(SQL["await_orders"], parameters)
    return {row[0]: (row[1], row[2], row[3]) for row in cursor.execute(SQL["owners"], parameters).fetchall()}


def _note(cursor: Cursor, store: Store, seen: Sequence[StoreSeen], now: datetime) -> list[dict[str, object]]:
    """Keep what was told of; returns events that say whose the awaited orders among it are."""
    if not seen:
        return []
    objects = [
        {
            "kind": one.kind.value,
            "object_id": one.object_id,
            "created_at": one.created_at,
            "told_at": one.at,
            "status": one.status,
            "is_gone": one.is_gone,
            "user_id": one.user_id,
            "email": one.email,
            "phone": one.phone,
        }
        for one in seen
    ]
    parameters = {"shop": store.shop_id, "store": store.id, "objects": _encode(objects).decode()}
    awaited = [row[0] for row in cursor.execute(SQL["note_objects"], parameters).fetchall() if row[1]]
    if not awaited:
        return []
    parameters |= {"orders": awaited}
    cursor.execute(SQL["arrived"], parameters)
    claims = cursor.execute(SQL["owners"], parameters).fetchall()
    return [
        _claim(store, order, (user_id, email, phone), at or now)
        for order, user_id, email, phone, at in claims
    ]


def _claim(store: Store, order: str, owner: _Owner, at: datetime) -> dict[str, object]:
    """An identify call: only that ties the anonymous id of an order to a person."""
    event = StoreEvent(
        name="identify",
        is_identify=True,
        at=at,
        message_id=f"order/{order}/owner",
        properties={},
        anonymous_id=f"{store.source}:order:{order}",
        historical=True,
    )
    return _row(event, owner)


def _row(event: StoreEvent, owner: _Owner | None) -> dict[str, object]:
    user_id, email, phone = owner or (event.user_id, event.email, event.phone)
    return {
        "kind": Kind.IDENTIFY if event.is_identify else Kind.TRACK,
        "name": event.name,
        "occurred_at": event.at,
        "message_id": event.message_id,
        "user_id": user_id,
        "anonymous_id": event.anonymous_id,
        "email": email,
        "phone": phone,
        "properties": event.properties,
        "historical": event.historical,
    }


def pass_on(cursor: Cursor, store: Store, request: StoreRequest, *, now: datetime) -> None:
    """A privacy request goes to who answers it, in the caller's transaction.

    That of a whole shop waits some weeks of the thirty days that there are: who removed an app by mistake has not
    asked to lose every customer, and another store of the same shop has its own.
    """
    if request.kind is StoreRequestKind.ERASE_SHOP:
        cursor.execute(
            "UPDATE events_store SET erase_due_at = coalesce(erase_due_at, %s) WHERE shop_id = %s AND id = %s",
            [now + timedelta(days=limits.STORE_ERASE_DAYS), store.shop_id, store.id],
        )
        audit(
            shop=store.shop_id, actor=requester(store), action="Store Erasure Requested", target=store.domain
        )
        return
    desk = registry.privacy_desk
    if desk is None:
        raise VuelveError("privacy_desk", "Nobody takes privacy requests here.", status=500)
    ask = desk.request_export if request.kind is StoreRequestKind.EXPORT else desk.request_erasure
    ask(
        shop=store.shop_id,
        user_id=request.user_id,
        email=request.email,
        phone=request.phone,
        source=requester(store),
        now=now,
    )


def requester(store: Store) -> str:
    """Who asks, in the audit log and in reports."""
    return f"{store.source}:{store.domain}"
