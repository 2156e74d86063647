"""Objects for templates: `shop`, and `event`, the event that the message answers."""

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from vuelve.platform.db import Cursor, Statements
from vuelve.platform.extension import LiquidObject, MessageSubject, registry
from vuelve.platform.ids import MessageId, ShopId
from vuelve.shops.queries import facts

SQL = Statements(__file__)


class ShopObject:
    """`shop`: name, country, currency, locale, time_zone."""

    name: ClassVar[str] = "shop"

    def load(self, cursor: Cursor, shop: ShopId, subjects: Sequence[MessageSubject]) -> dict[MessageId, Any]:
        known = facts(shop)
        value = {
            "name": known.name,
            "country": known.country,
            "currency": known.currency,
            "locale": known.locale,
            "time_zone": known.time_zone,
        }
        return dict.fromkeys((subject.message_id for subject in subjects), value)


class EventObject:
    """`event`: the properties of the event that the message answers, as they were sent."""

    name: ClassVar[str] = "event"

    def load(self, cursor: Cursor, shop: ShopId, subjects: Sequence[MessageSubject]) -> dict[MessageId, Any]:
        positions = {
            subject.message_id: (subject.event_xid, subject.event_seq)
            for subject in subjects
            if subject.event_xid is not None and subject.event_seq is not None
        }
        if not positions:
            return {}
        ordered = sorted(set(positions.values()))
        cursor.execute(
            SQL["events_at"],
            {"shop": shop, "xids": [xid for xid, _ in ordered], "seqs": [seq for _, seq in ordered]},
        )
        properties = {(xid, seq): _decoded(text) for xid, seq, text in cursor.fetchall()}
        return {
            message: properties[position] for message, position in positions.items() if position in properties
        }


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return {}  # half a surrogate pair: JSON, but no text


_OURS: tuple[LiquidObject, ...] = (ShopObject(), EventObject())

# Values that are no objects of a package: made by the dispatcher, or left in the message by earlier steps.
UNSUBSCRIBE_URL = "unsubscribe_url"
STEP_OUTPUTS = frozenset({"coupon"})


def objects() -> dict[str, LiquidObject]:
    """Every object that can be loaded, by its name in templates."""
    return {ours.name: ours for ours in _OURS} | registry.liquid


def known_names() -> frozenset[str]:
    """Every top-level name that a template may use."""
    return frozenset(objects()) | STEP_OUTPUTS | {UNSUBSCRIBE_URL}
