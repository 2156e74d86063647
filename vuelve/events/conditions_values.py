"""Conditions on what events add up to, and on the order in which they came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import ibis
from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_lazy, ngettext

from vuelve.events.conditions import EVENT, PROPERTY, partition, read_window, windowed
from vuelve.platform import limits
from vuelve.platform.conditions import (
    NUMBER_TYPE,
    THRESHOLD_PHRASES,
    Fields,
    Op,
    ReadKind,
    literal,
    read_number,
    within,
)
from vuelve.platform.db import Cursor
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
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.platform.ui import formats

if TYPE_CHECKING:
    import ibis.expr.types as ir

_ORDERED = (Op.GT, Op.GTE, Op.LT, Op.LTE)
_OF: Mapping[str, Text] = {
    "sum": gettext_lazy("The sum"),
    "avg": gettext_lazy("The average"),
    "min": gettext_lazy("The smallest"),
    "max": gettext_lazy("The largest"),
}
_LINES: Mapping[str, Text] = {
    "sum": gettext_lazy("the sum of %(property)s over %(event)s is %(value)s"),
    "avg": gettext_lazy("the average of %(property)s over %(event)s is %(value)s"),
    "min": gettext_lazy("the smallest %(property)s of %(event)s is %(value)s"),
    "max": gettext_lazy("the largest %(property)s of %(event)s is %(value)s"),
}
_TINY = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class _Value:
    name: str
    of: str
    property: str
    op: Op
    value: Decimal
    within_days: int | None
    until_days: int | None


class EventValueCondition(ReadKind[_Value]):
    """{"type": "event_value", "name": "Order Completed", "of": "sum", "property": "total", "op": "gte", "value": 1500.5,
    "within_days": 90, "until_days": 7}. The sum of nothing is 0; of nothing there is no average, smallest or largest."""

    key: ClassVar[str] = "event_value"
    label: Text = gettext_lazy("What events add up to")
    inputs: ClassVar[tuple[Input, ...]] = (
        Input("name", InputKind.TEXT, gettext_lazy("Event"), suggests="events"),
        Input("of", InputKind.CHOICE, gettext_lazy("Of all values"), choices=tuple(_OF.items())),
        Input("property", InputKind.TEXT, gettext_lazy("Property"), suggests="properties"),
        Input("", InputKind.AMOUNT, gettext_lazy("Amount"), default={"op": "gte"}),
        Input("within_days", InputKind.DAYS, gettext_lazy("In the last days"), is_optional=True),
        Input("until_days", InputKind.DAYS, gettext_lazy("But not in the last days"), is_optional=True),
    )

    def read(self, leaf: Mapping[str, Any], path: str = "") -> _Value:
        fields = Fields(leaf, path)
        name = fields.text("name", chars_max=limits.EVENT_NAME_CHARS_MAX)
        of = fields.choice("of", tuple(_OF))
        prop = fields.text("property", chars_max=limits.TRAIT_NAME_CHARS_MAX)
        op: Op = fields.choice("op", _ORDERED)
        value = read_number(fields.get("value"), fields.at("value"))
        days, until = read_window(fields)
        fields.end("within_days", "until_days")
        return _Value(name, of, prop, op, value, days, until)

    def aggregates(self, leaves: Sequence[Mapping[str, Any]]) -> Sequence[Aggregate]:
        found = [self.read(leaf) for leaf in leaves]
        return [_value_aggregate(one, _valued(one.property)) for one in found]

    def promotions(self, leaf: Mapping[str, Any], trigger: str | None) -> Sequence[Promotion]:
        found = self.read(leaf)
        return [Promotion(found.name, found.property, ValueType.NUMBER)]

    def words(self, found: _Value) -> str:
        shown = str(
            number_format(found.value.normalize() if found.value % 1 else found.value.to_integral_value())
        )
        value = str(THRESHOLD_PHRASES[found.op]) % {"value": shown}
        line = str(_LINES[found.of]) % {"property": found.property, "event": found.name, "value": value}
        return windowed(line, found.within_days, found.until_days)

    def found(
        self, cursor: object, shop: object, customer: object, leaf: Mapping[str, Any], figure: Decimal
    ) -> str:
        wanted = self.read(leaf)
        if wanted.of == "sum":
            return str(number_format(figure))
        if figure == 0:
            return gettext("no value")
        return (
            str(number_format((Decimal(figure) - _TINY) / 2 + wanted.value))
            if wanted.of != "avg"
            else gettext("values")
        )


def _valued(prop: str) -> Source:
    """Events with the number that one property of theirs is; an event without one is left out."""
    one = PROPERTY.filter((PROPERTY.name == prop) & PROPERTY.number_value.notnull()).select(
        of_shop_id="shop_id", of_customer_id="customer_id", of_seq="seq", number="number_value"
    )
    on = [("shop_id", "of_shop_id"), ("customer_id", "of_customer_id"), ("seq", "of_seq")]
    rows = EVENT.join(one.view(), on).drop("of_shop_id", "of_customer_id", "of_seq").view()
    return Source(rows=rows, grain=Grain.CUSTOMER, name="name", time="occurred_at", partition=partition())


def _value_aggregate(found: _Value, source: Source) -> Aggregate:
    wanted = literal(found.value)
    tiny = ibis.literal(_TINY, type=NUMBER_TYPE)
    zero = ibis.literal(Decimal(0), type=NUMBER_TYPE)

    def measure(rows: "ir.Table", counted: "ir.BooleanValue | None") -> "ir.Scalar":
        if found.of == "sum":
            return rows.number.sum(where=counted)
        # How far from the value that is asked for, twice, and a little more: never 0 but where there is nothing. An average
        # is never divided: the sum of the distances tells as much, exactly.
        far = {
            "avg": (rows.number - wanted).sum(where=counted),
            "min": rows.number.min(where=counted) - wanted,
            "max": rows.number.max(where=counted) - wanted,
        }[found.of]
        return far + far + tiny

    def test(figure: "ir.NumericValue") -> "ir.BooleanValue":
        border = wanted if found.of == "sum" else tiny
        compared = {
            Op.GT: figure > border,
            Op.GTE: figure >= border,
            Op.LT: figure < border,
            Op.LTE: figure <= border,
        }[found.op]
        return compared if found.of == "sum" else (figure != zero) & compared

    return Aggregate(
        source=source,
        test=test,
        names=frozenset([found.name]),
        within_days=found.within_days,
        until_days=found.until_days,
        measure=measure,
    )


@dataclass(frozen=True, slots=True)
class _Sequence:
    first: str
    then: str
    days: int
    happened: bool
    within_days: int | None


class SequenceCondition(ReadKind[_Sequence]):
    """{"type": "sequence", "first": "Product Viewed", "then": "Order Completed", "days": 7, "happened": false, "within_days": 90}:
    `then` within so many days after `first`, later than it; or, with `happened` false, not so: the days are over and it did not
    come. `within_days` is of what settles it: of `then`, or of `first`."""

    key: ClassVar[str] = "sequence"
    label: Text = gettext_lazy("Did one thing after another")
    inputs: ClassVar[tuple[Input, ...]] = (
        Input("first", InputKind.TEXT, gettext_lazy("First"), suggests="events"),
        Input(
            "happened",
            InputKind.FLAG,
            gettext_lazy("And then"),
            choices=(("true", gettext_lazy("did")), ("false", gettext_lazy("did not"))),
        ),
        Input("then", InputKind.TEXT, gettext_lazy("Event"), suggests="events"),
        Input("days", InputKind.WHOLE, gettext_lazy("Within days"), default={"": "7"}),
        Input("within_days", InputKind.DAYS, gettext_lazy("In the last days"), is_optional=True),
    )

    def read(self, leaf: Mapping[str, Any], path: str = "") -> _Sequence:
        fields = Fields(leaf, path)
        first = fields.text("first", chars_max=limits.EVENT_NAME_CHARS_MAX)
        then = fields.text("then", chars_max=limits.EVENT_NAME_CHARS_MAX)
        days = fields.whole("days", least=1, most=limits.CONDITION_WINDOW_DAYS_MAX)
        happened = fields.flag("happened", default=True)
        within_days = fields.days()
        fields.end("happened", "within_days")
        return _Sequence(first, then, days, happened, within_days)

    def aggregate(self, found: _Sequence) -> Aggregate:
        # The scan takes what is older, too: what came first may lie before the window.
        scanned = None if found.within_days is None else found.within_days + found.days
        source = Source(
            rows=EVENT,
            grain=Grain.CUSTOMER,
            name="name",
            time="occurred_at",
            partition=partition(),
            prepare=_Prepare(found),
        )
        return Aggregate(
            source=source,
            test=lambda rows: rows > 0,
            names=frozenset([found.first, found.then]),
            within_days=scanned,
            until_days=None if found.happened else found.days,
            where=lambda rows: rows.is_hit,
        )

    def words(self, found: _Sequence) -> str:
        line = (
            ngettext(
                "%(then)s within a day after %(first)s",
                "%(then)s within %(days)s days after %(first)s",
                found.days,
            )
            if found.happened
            else ngettext(
                "%(first)s without %(then)s in the day after it",
                "%(first)s without %(then)s in the %(days)s days after it",
                found.days,
            )
        )
        return within(
            line % {"first": found.first, "then": found.then, "days": found.days}, found.within_days
        )


@dataclass(frozen=True, slots=True)
class _Prepare:
    """Marks the rows that are hits: a `then` that came in time, or a `first` after which none did."""

    wanted: _Sequence

    def __call__(self, rows: "ir.Table", key: str) -> "ir.Table":
        # Of what happened at one instant nothing is after the other: `then` stands before `first` there.
        firsts = rows.filter(rows.name == self.wanted.first).mutate(kind=1)
        thens = rows.filter(rows.name == self.wanted.then).mutate(kind=0)
        both = firsts.union(thens).view()
        order = [both.occurred_at, both.kind]
        span = ibis.interval(seconds=self.wanted.days * 86_400)
        if self.wanted.happened:
            before = ibis.rows_window(group_by=both[key], order_by=order, preceding=(None, 1))
            last = ibis.ifelse(both.kind == 1, both.occurred_at, None).max().over(before)
            marked = both.mutate(last_at=last)
            hit = (marked.kind == 0) & (marked.last_at >= marked.occurred_at - span)
        else:
            after = ibis.rows_window(group_by=both[key], order_by=order, following=(1, None))
            coming = ibis.ifelse(both.kind == 0, both.occurred_at, None).min().over(after)
            marked = both.mutate(next_at=coming)
            hit = (marked.kind == 1) & (
                marked.next_at.isnull() | (marked.next_at > marked.occurred_at + span)
            )
        return marked.mutate(is_hit=ibis.coalesce(hit, ibis.literal(False))).view()


@dataclass(frozen=True, slots=True)
class _Time:
    name: str
    which: str
    when: str
    days: int


_WHICH: Mapping[str, Text] = {
    "first": gettext_lazy("For the first time"),
    "last": gettext_lazy("For the last time"),
}
_WHEN: Mapping[str, Text] = {
    "within": gettext_lazy("in the last days"),
    "before": gettext_lazy("longer ago than days"),
}


class EventTimeCondition(ReadKind[_Time]):
    """{"type": "event_time", "name": "Order Completed", "which": "first", "when": "within", "days": 30}: it happened, and for the
    first (last) time less than, or (`before`) at least, so many times 24 hours ago. Who never did it is in neither."""

    key: ClassVar[str] = "event_time"
    label: Text = gettext_lazy("Did something for the first or last time")
    inputs: ClassVar[tuple[Input, ...]] = (
        Input("which", InputKind.CHOICE, gettext_lazy("Which time"), choices=tuple(_WHICH.items())),
        Input("name", InputKind.TEXT, gettext_lazy("Event"), suggests="events"),
        Input("when", InputKind.CHOICE, gettext_lazy("When"), choices=tuple(_WHEN.items())),
        Input("days", InputKind.WHOLE, gettext_lazy("Days"), default={"": "30"}),
    )

    def read(self, leaf: Mapping[str, Any], path: str = "") -> _Time:
        fields = Fields(leaf, path)
        name = fields.text("name", chars_max=limits.EVENT_NAME_CHARS_MAX)
        which, when = fields.choice("which", tuple(_WHICH)), fields.choice("when", tuple(_WHEN))
        days = fields.whole("days", least=1, most=limits.CONDITION_WINDOW_DAYS_MAX)
        fields.end()
        return _Time(name, which, when, days)

    def aggregate(self, found: _Time) -> Aggregate:
        def measure(rows: "ir.Table", early: "ir.BooleanValue | None") -> "ir.Scalar":
            """More than 0 if it is so: counts of all and of the early ones say where the first and the last one lie."""
            every, before = rows.count(where=rows.name == found.name), rows.count(where=early)
            zero = ibis.literal(0, type="int64")
            return {
                ("first", "before"): before,
                ("first", "within"): ibis.ifelse(before == zero, every, zero),
                ("last", "within"): every - before,
                ("last", "before"): ibis.ifelse(every == before, every, zero),
            }[found.which, found.when]

        return Aggregate(
            source=Source(
                rows=EVENT, grain=Grain.CUSTOMER, name="name", time="occurred_at", partition=partition()
            ),
            test=lambda figure: figure > 0,
            names=frozenset([found.name]),
            until_days=found.days,
            measure=measure,
        )

    def words(self, found: _Time) -> str:
        if found.when == "within":
            line = (
                ngettext("%(event)s happened for the first time in the last day", "%(event)s happened for the first time in the last %(days)s days", found.days)
                if found.which == "first"
                else ngettext("%(event)s happened for the last time in the last day", "%(event)s happened for the last time in the last %(days)s days", found.days)
            )  # fmt: skip
        else:
            line = (
                ngettext("%(event)s happened for the first time more than a day ago", "%(event)s happened for the first time more than %(days)s days ago", found.days)
                if found.which == "first"
                else ngettext("%(event)s happened for the last time more than a day ago", "%(event)s happened for the last time more than %(days)s days ago", found.days)
            )  # fmt: skip
        return line % {"event": found.name, "days": found.days}

    def found(
        self, cursor: Cursor, shop: ShopId, customer: CustomerId, leaf: Mapping[str, Any], figure: object
    ) -> str:
        """When it was."""
        wanted = self.read(leaf)
        row = cursor.execute(
            f"SELECT {'min' if wanted.which == 'first' else 'max'}(occurred_at) FROM events_event "
            "WHERE shop_id = %(shop)s AND name = %(name)s AND customer_id = ANY (ARRAY(SELECT customer_id FROM customers_alias "
            "WHERE shop_id = %(shop)s AND canonical_id = %(customer)s) || %(customer)s::bigint)",
            {"shop": shop, "name": wanted.name, "customer": customer},
        ).fetchone()
        return formats.moment(row[0]) if row and row[0] else gettext("never")
