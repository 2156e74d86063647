"""Conditions on what happened: events counted in a window, and the event that is being looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

import ibis
from django.utils.translation import gettext, gettext_lazy, ngettext

from vuelve.platform import limits
from vuelve.platform.conditions import (
    TIME_TYPE,
    Comparison,
    Fields,
    Op,
    Threshold,
    literal,
    read_comparison,
    read_list,
    read_threshold,
    read_time,
    shown_values,
    within,
)
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import (
    Aggregate,
    Grain,
    Input,
    InputKind,
    Promotion,
    Source,
    Text,
    ValueType,
)

if TYPE_CHECKING:
    import ibis.expr.types as ir

# As in migrations/0001_log.sql, but for `properties`: JSON means something else to each engine.
EVENT = ibis.table(
    {
        "shop_id": "int64",
        "customer_id": "int64",
        "seq": "int64",
        "name": "string",
        "occurred_at": TIME_TYPE,
        "received_at": TIME_TYPE,
    },
    name="events_event",
)
PROPERTY = ibis.table(
    {
        "shop_id": "int64",
        "customer_id": "int64",
        "seq": "int64",
        "name": "string",
        "text_value": "string",
        "number_value": "decimal(24, 6)",
        "boolean_value": "boolean",
        "time_value": TIME_TYPE,
    },
    name="events_property",
)

# The log is partitioned by arrival, and an event that claims to lie further ahead of it is refused.
_AHEAD_DAYS = -(-limits.EVENT_FUTURE_SECONDS_MAX // 86_400)


def partition() -> tuple[str, int]:
    """By what the log is partitioned, see `Source.partition`."""
    return "received_at", _AHEAD_DAYS


VALUE_COLUMNS = {
    ValueType.TEXT: "text_value",
    ValueType.NUMBER: "number_value",
    ValueType.MONEY: "number_value",
    ValueType.BOOLEAN: "boolean_value",
    ValueType.TIME: "time_value",
}

COUNT_MAX = 1_000_000
AT_LEAST_ONCE = Threshold(op=Op.GTE, value=1)


def value_column(comparison: Comparison) -> str:
    """The typed column that a comparison reads; any kept value has a text."""
    return "text_value" if comparison.value_type is None else VALUE_COLUMNS[comparison.value_type]


@dataclass(frozen=True, slots=True)
class _Where:
    property: str
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class _Event:
    name: str
    count: Threshold
    within_days: int | None
    until_days: int | None
    since: datetime | None
    before: datetime | None
    where: tuple[_Where, ...]


class EventCondition:
    """{"type": "event", "name": "Order Completed", "count": {"op": "gte", "value": 2}, "within_days": 30, "until_days": 7,
    "since": "2026-01-01T00:00:00Z", "before": "2026-02-01T00:00:00Z", "where": [{"property": "plan", "op": "is", "value": "pro", "value_type": "text"}]}"""

    key: ClassVar[str] = "event"
    label: Text = gettext_lazy("Did something")

    inputs: ClassVar[tuple[Input, ...]] = (
        Input("name", InputKind.TEXT, gettext_lazy("Event"), suggests="events"),
        Input("count", InputKind.THRESHOLD, gettext_lazy("Times"), default={"op": "gte", "value": "1"}),
        Input("within_days", InputKind.DAYS, gettext_lazy("In the last days"), is_optional=True),
        Input("until_days", InputKind.DAYS, gettext_lazy("But not in the last days"), is_optional=True),
        Input("since", InputKind.INSTANT, gettext_lazy("From the day"), is_optional=True),
        Input("before", InputKind.INSTANT, gettext_lazy("Before the day"), is_optional=True),
        Input("where", InputKind.WHERE, gettext_lazy("Where"), is_optional=True, at="name"),
    )

    def check(self, leaf: Mapping[str, Any], path: str) -> None:
        _read_event(leaf, path)

    def aggregates(self, leaves: Sequence[Mapping[str, Any]]) -> Sequence[Aggregate]:
        events = [_read_event(leaf) for leaf in leaves]
        used = sorted({(where.property, value_column(where.comparison)) for e in events for where in e.where})
        columns = {key: f"property_{index}" for index, key in enumerate(used)}
        source = Source(
            rows=_with_properties(columns) if columns else EVENT,
            grain=Grain.CUSTOMER,
            name="name",
            time="occurred_at",
            partition=partition(),
        )
        return [_aggregate(event, source, columns) for event in events]

    def promotions(self, leaf: Mapping[str, Any], trigger: str | None) -> Sequence[Promotion]:
        event = _read_event(leaf)
        return [Promotion(event.name, where.property, where.comparison.value_type) for where in event.where]

    def describe(self, leaf: Mapping[str, Any]) -> str:
        event = _read_event(leaf)
        line = windowed(
            ngettext(
                "%(event)s happened %(times)s time", "%(event)s happened %(times)s times", event.count.value
            )
            % {"event": event.name, "times": event.count.describe(str(event.count.value))},
            event.within_days,
            event.until_days,
        )
        if event.since:
            line = gettext("%(condition)s, from %(day)s") % {
                "condition": line,
                "day": shown_values((event.since,)),
            }
        if event.before:
            line = gettext("%(condition)s, before %(day)s") % {
                "condition": line,
                "day": shown_values((event.before,)),
            }
        wheres = [where.comparison.describe(where.property) for where in event.where]
        if not wheres:
            return line
        return gettext("%(condition)s, where %(where)s") % {"condition": line, "where": ", ".join(wheres)}


class TriggerCondition:
    """{"type": "trigger", "property": "plan", "op": "is", "value": "pro", "value_type": "text"}"""

    key: ClassVar[str] = "trigger"
    label: Text = gettext_lazy("The event has")

    def check(self, leaf: Mapping[str, Any], path: str) -> None:
        _read_property(Fields(leaf, path))

    def aggregates(self, leaves: Sequence[Mapping[str, Any]]) -> Sequence[Aggregate]:
        source = Source(rows=PROPERTY, grain=Grain.TRIGGER, name="name")
        return [_trigger_aggregate(_read_property(Fields(leaf, "")), source) for leaf in leaves]

    def promotions(self, leaf: Mapping[str, Any], trigger: str | None) -> Sequence[Promotion]:
        found = _read_property(Fields(leaf, ""))
        if trigger is None:
            raise trigger_missing()
        return [Promotion(trigger, found.property, found.comparison.value_type)]

    def describe(self, leaf: Mapping[str, Any]) -> str:
        found = _read_property(Fields(leaf, ""))
        return found.comparison.describe(gettext("%(property)s of the event") % {"property": found.property})


def trigger_missing() -> VuelveError:
    return VuelveError(
        "trigger_missing",
        "The condition looks at the event that set things off, and here there is none.",
        hint="Use a condition on what the customer did.",
    )


def _read_event(leaf: Mapping[str, Any], path: str = "") -> _Event:
    fields = Fields(leaf, path)
    name = fields.text("name", chars_max=limits.EVENT_NAME_CHARS_MAX)
    count = read_threshold(fields, "count", most=COUNT_MAX, default=AT_LEAST_ONCE)
    days, until = read_window(fields)
    found = read_list(fields.get("where"), fields.at("where")) if fields.has("where") else []
    where = tuple(_read_property(Fields(item, f"{path}.where[{i}]")) for i, item in enumerate(found))
    since, before = (
        read_time(fields.get(name), fields.at(name)) if fields.has(name) else None
        for name in ("since", "before")
    )
    if since and before and before <= since:
        raise _empty_window(fields.at("before"), "Make it later than `since`.")
    fields.end("count", "within_days", "until_days", "since", "before", "where")
    return _Event(name, count, days, until, since, before, where)


def read_window(fields: Fields) -> tuple[int | None, int | None]:
    """`within_days` and `until_days`: from so many days ago to so many days ago. Raises VuelveError `empty_window`."""
    days = fields.days()
    if not fields.has("until_days"):
        return days, None
    until = fields.whole("until_days", least=1, most=limits.CONDITION_WINDOW_DAYS_MAX)
    if days is not None and until >= days:
        raise _empty_window(fields.at("until_days"), "Make it smaller than `within_days`.")
    return days, until


def _empty_window(path: str, hint: str) -> VuelveError:
    return VuelveError("empty_window", "The window ends before it begins.", field=path, hint=hint)


def windowed(text: str, days: int | None, until: int | None) -> str:
    """The text of a leaf with its window."""
    text = within(text, days)
    if until is None:
        return text
    but = ngettext("but not in the last day", "but not in the last %(days)s days", until) % {"days": until}
    return f"{text}, {but}"


def _read_property(fields: Fields) -> _Where:
    name = fields.text("property", chars_max=limits.TRAIT_NAME_CHARS_MAX)
    comparison = read_comparison(fields)
    fields.end("value", "value_type")
    return _Where(property=name, comparison=comparison)


def _with_properties(columns: Mapping[tuple[str, str], str]) -> "ir.Table":
    """Events with one column per (property, typed column) that conditions read; null where an event lacks it."""
    kept: ir.Table = EVENT
    for (name, value), column in columns.items():
        one = PROPERTY.filter(PROPERTY.name == name).select(
            of_shop_id="shop_id", of_customer_id="customer_id", of_seq="seq", **{column: value}
        )
        on = [("shop_id", "of_shop_id"), ("customer_id", "of_customer_id"), ("seq", "of_seq")]
        kept = kept.left_join(one.view(), on).drop("of_shop_id", "of_customer_id", "of_seq").view()
    return kept


def _aggregate(event: _Event, source: Source, columns: Mapping[tuple[str, str], str]) -> Aggregate:
    def where(rows: "ir.Table") -> "ir.BooleanValue":
        kept = [
            item.comparison.holds_of(rows[columns[item.property, value_column(item.comparison)]])
            for item in event.where
        ]
        if event.since:
            kept.append(rows.occurred_at >= literal(event.since))
        if event.before:
            kept.append(rows.occurred_at < literal(event.before))
        return ibis.and_(*kept)

    return Aggregate(
        source=source,
        test=event.count.test,
        names=frozenset([event.name]),
        within_days=event.within_days,
        until_days=event.until_days,
        where=where if event.where or event.since or event.before else None,
    )


def _trigger_aggregate(found: _Where, source: Source) -> Aggregate:
    comparison = found.comparison
    return Aggregate(
        source=source,
        # Of an event without the property there is no row: `is_not` is true of it.
        test=(lambda rows: rows == 0) if comparison.is_negated else (lambda rows: rows > 0),
        names=frozenset([found.property]),
        where=lambda rows: comparison.holds(rows[value_column(comparison)]),
    )
