"""From what payloads mean to the log, in the caller's transaction: the one way in for webhooks and backfills."""

from collections.abc import Sequence
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
from vuelve.platform.stores import Mapped, StoreEvent, StoreRequest, StoreRequestKind
from vuelve.shops.services import audit

_encode = msgspec.json.Encoder().encode


def append(cursor: Cursor, store: Store, mapped: Sequence[Mapped], *, now: datetime) -> int:
    """Events to the log, things to the list of things told of; returns how many events were new.

    A handful of statements, however much there is.
    """
    rows = [_row(event) for one in mapped for event in one.events]
    added = 0
    if rows:
        events.open_staging(cursor)
        cursor.execute(SQL["stage_events"], {"shop": store.shop_id, "events": _encode(rows).decode()})
        added = events.record_staged(cursor, now=now, source=store.source, from_outside=True)
    objects = [
        {
            "kind": seen.kind.value,
            "object_id": seen.object_id,
            "created_at": seen.created_at,
            "told_at": seen.at,
            "status": seen.status,
            "is_gone": seen.is_gone,
        }
        for one in mapped
        for seen in one.seen
    ]
    if objects:
        parameters = {"shop": store.shop_id, "store": store.id, "objects": _encode(objects).decode()}
        cursor.execute(SQL["note_objects"], parameters)
    return added


def _row(event: StoreEvent) -> dict[str, object]:
    return {
        "kind": Kind.IDENTIFY if event.is_identify else Kind.TRACK,
        "name": event.name,
        "occurred_at": event.at,
        "message_id": event.message_id,
        "user_id": event.user_id,
        "anonymous_id": event.anonymous_id,
        "email": event.email,
        "phone": event.phone,
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
