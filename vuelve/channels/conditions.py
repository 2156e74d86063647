"""Conditions on messages: what was sent to a customer and what became of it, and whether a channel reaches them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import ibis
from django.utils.translation import gettext, gettext_lazy, ngettext

from vuelve.channels.contracts import CHANNELS
from vuelve.events.conditions import AT_LEAST_ONCE, COUNT_MAX
from vuelve.platform import limits
from vuelve.platform.conditions import TIME_TYPE, Fields, ReadKind, Threshold, read_threshold, within
from vuelve.platform.extension import Aggregate, Grain, Input, InputKind, Source, Text

if TYPE_CHECKING:
    import ibis.expr.types as ir

# As in migrations/0002_messages.sql; columns that no condition reads are left out.
MESSAGE = ibis.table(
    {
        "shop_id": "int64",
        "customer_id": "int64",
        "channel": "string",
        "status": "string",
        "journey_id": "int64",
        "queued_at": TIME_TYPE,
    },
    name="channels_message",
)
# A view of the database: addresses of customers to which their consent and no suppression lets marketing go.
REACHABLE = ibis.table(
    {"shop_id": "int64", "customer_id": "int64", "channel": "string"}, name="channels_reachable"
)

_CAME_OF_IT: Mapping[str, tuple[str, ...]] = {
    "sent": ("accepted", "delivered", "read", "clicked", "replied", "bounced", "unknown"),
    "delivered": ("delivered", "read", "clicked", "replied"),
    "clicked": ("clicked", "replied"),
    "bounced": ("bounced",),
    "withheld": ("withheld",),
}
_WORDS: Mapping[str, Text] = {
    "sent": gettext_lazy("sent"),
    "delivered": gettext_lazy("delivered"),
    "clicked": gettext_lazy("clicked"),
    "bounced": gettext_lazy("bounced"),
    "withheld": gettext_lazy("withheld"),
}


@dataclass(frozen=True, slots=True)
class _Message:
    outcome: str
    count: Threshold
    journey: int | None
    within_days: int | None


class MessageCondition(ReadKind[_Message]):
    """{"type": "message", "outcome": "clicked", "count": {"op": "gte", "value": 1}, "journey": 3, "within_days": 30}: the last
    three may be missing. `count` 0: received none. The window is of when the message was made."""

    key: ClassVar[str] = "message"
    label: Text = gettext_lazy("Was sent a message")
    inputs: ClassVar[tuple[Input, ...]] = (
        Input("outcome", InputKind.CHOICE, gettext_lazy("What became of it"), choices=tuple(_WORDS.items())),
        Input("count", InputKind.THRESHOLD, gettext_lazy("Messages"), default={"op": "gte", "value": "1"}),
        Input("journey", InputKind.JOURNEY, gettext_lazy("Of the journey"), is_optional=True),
        Input("within_days", InputKind.DAYS, gettext_lazy("In the last days"), is_optional=True),
    )

    def read(self, leaf: Mapping[str, Any], path: str = "") -> _Message:
        fields = Fields(leaf, path)
        outcome = fields.choice("outcome", tuple(_CAME_OF_IT))
        count = read_threshold(fields, "count", most=COUNT_MAX, default=AT_LEAST_ONCE)
        journey = fields.whole("journey", least=1, most=limits.BIGINT_MAX) if fields.has("journey") else None
        days = fields.days()
        fields.end("count", "journey", "within_days")
        return _Message(outcome, count, journey, days)

    def aggregate(self, found: _Message) -> Aggregate:
        def counts(rows: "ir.Table") -> "ir.BooleanValue":
            counted = rows.status.isin(_CAME_OF_IT[found.outcome])
            return counted if found.journey is None else counted & (rows.journey_id == found.journey)

        return Aggregate(
            source=Source(rows=MESSAGE, grain=Grain.CUSTOMER, time="queued_at"),
            test=found.count.test,
            within_days=found.within_days,
            where=counts,
        )

    def words(self, found: _Message) -> str:
        line = ngettext("%(count)s message %(outcome)s", "%(count)s messages %(outcome)s", found.count.value)
        parts = {
            "count": found.count.describe(str(found.count.value)),
            "outcome": str(_WORDS[found.outcome]),
        }
        text = within(line % parts, found.within_days)
        return (
            text
            if found.journey is None
            else f"{text}, " + gettext("journey %(number)s") % {"number": found.journey}
        )


class ReachableCondition(ReadKind[str]):
    """{"type": "reachable", "channel": "email"}: marketing may go there: an address, a yes, and no suppression."""

    key: ClassVar[str] = "reachable"
    label: Text = gettext_lazy("Can be reached")
    inputs: ClassVar[tuple[Input, ...]] = (
        Input(
            "channel",
            InputKind.CHOICE,
            gettext_lazy("Channel"),
            choices=tuple((channel, channel) for channel in CHANNELS),
        ),
    )

    def read(self, leaf: Mapping[str, Any], path: str = "") -> str:
        fields = Fields(leaf, path)
        channel: str = fields.choice("channel", CHANNELS)
        fields.end()
        return channel

    def aggregate(self, found: str) -> Aggregate:
        return Aggregate(
            source=Source(rows=REACHABLE, grain=Grain.PROFILE),
            test=lambda rows: rows > 0,
            where=lambda rows: rows.channel == found,
        )

    def words(self, found: str) -> str:
        return gettext("can be reached by %(channel)s") % {"channel": found}
