"""Conditions on parcels and on what an order is worth: "order received", average order value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import ibis
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext

from vuelve.commerce.conditions import ORDER, read_currency
from vuelve.commerce.contracts import Milestone
from vuelve.events.conditions import AT_LEAST_ONCE, COUNT_MAX
from vuelve.platform import limits
from vuelve.platform.conditions import TIME_TYPE, Fields, Op, ReadKind, Threshold, read_threshold, within
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import Aggregate, Grain, Input, InputKind, Source, Text
from vuelve.platform.money import Money

if TYPE_CHECKING:
    import ibis.expr.types as ir

SHIPMENT = ibis.table(
    {
        "shop_id": "int64",
        "customer_id": "int64",
        "milestone": "int16",
        "updated_at": TIME_TYPE,
    },
    name="commerce_shipment",
)
_STAGES: Mapping[str, tuple[Milestone, Text]] = {
    "confirmed": (Milestone.CONFIRMED, gettext_lazy("confirmed")),
    "packed": (Milestone.PACKED, gettext_lazy("packed")),
    "in_transit": (Milestone.IN_TRANSIT, gettext_lazy("in transit")),
    "out_for_delivery": (Milestone.OUT_FOR_DELIVERY, gettext_lazy("out for delivery")),
    "delivered": (Milestone.DELIVERED, gettext_lazy("delivered")),
}


@dataclass(frozen=True, slots=True)
class _Parcel:
    stage: str
    count: Threshold
    within_days: int | None


class ParcelCondition(ReadKind[_Parcel]):
    """{"type": "parcel", "stage": "delivered", "count": {"op": "gte", "value": 1}, "within_days": 7}: parcels that stand at a
    stage, by when there was last news of them."""

    key: ClassVar[str] = "parcel"
    label: Text = gettext_lazy("Has a parcel")
    inputs: ClassVar[tuple[Input, ...]] = (
        Input(
            "stage",
            InputKind.CHOICE,
            gettext_lazy("State"),
            choices=tuple((key, label) for key, (_stage, label) in reversed(list(_STAGES.items()))),
        ),
        Input("count", InputKind.THRESHOLD, gettext_lazy("Parcels"), default={"op": "gte", "value": "1"}),
        Input("within_days", InputKind.DAYS, gettext_lazy("In the last days"), is_optional=True),
    )

    def read(self, leaf: Mapping[str, Any], path: str = "") -> _Parcel:
        fields = Fields(leaf, path)
        stage = fields.choice("stage", tuple(_STAGES))
        count = read_threshold(fields, "count", most=COUNT_MAX, default=AT_LEAST_ONCE)
        days = fields.days()
        fields.end("count", "within_days")
        return _Parcel(stage, count, days)

    def aggregate(self, found: _Parcel) -> Aggregate:
        return Aggregate(
            source=Source(rows=SHIPMENT, grain=Grain.CUSTOMER, time="updated_at"),
            test=found.count.test,
            within_days=found.within_days,
            where=lambda rows: rows.milestone == int(_STAGES[found.stage][0]),
        )

    def words(self, found: _Parcel) -> str:
        line = ngettext("%(count)s parcel %(stage)s", "%(count)s parcels %(stage)s", found.count.value)
        parts = {"count": found.count.describe(str(found.count.value)), "stage": str(_STAGES[found.stage][1])}
        return within(line % parts, found.within_days)


@dataclass(frozen=True, slots=True)
class _Average:
    amount: Threshold
    currency: str
    within_days: int | None


class AverageOrderCondition(ReadKind[_Average]):
    """{"type": "average_order", "amount_minor": {"op": "gte", "value": 50000}, "currency": "MXN", "within_days": 365}: what an order
    is worth on average, refunds taken off, without cancelled ones. Who has none has no average, and is not meant."""

    key: ClassVar[str] = "average_order"
    label: Text = gettext_lazy("Average order value")
    inputs: ClassVar[tuple[Input, ...]] = (
        Input("amount_minor", InputKind.MONEY, gettext_lazy("Amount"), default={"op": "gte"}),
        Input("currency", InputKind.TEXT, gettext_lazy("Currency"), suggests="currencies"),
        Input("within_days", InputKind.DAYS, gettext_lazy("In the last days"), is_optional=True),
    )

    def read(self, leaf: Mapping[str, Any], path: str = "") -> _Average:
        fields = Fields(leaf, path)
        amount = read_threshold(fields, "amount_minor", most=limits.AMOUNT_MINOR_MAX)
        if amount.op in (Op.IS, Op.IS_NOT):
            raise VuelveError(
                "operator_mismatch",
                "An average is compared by more or less.",
                field=fields.at("amount_minor.op"),
                hint="Use one of: gt, gte, lt, lte.",
            )
        currency = read_currency(fields)
        days = fields.days()
        fields.end("within_days")
        return _Average(amount, currency, days)

    def aggregate(self, found: _Average) -> Aggregate:
        value = found.amount.value

        def measure(rows: "ir.Table", counted: "ir.BooleanValue | None") -> "ir.Scalar":
            # Never divided: sum - value * count tells as much, exactly. Twice that and one is never 0 where there are orders.
            worth = (rows.total_minor - rows.refunded_minor - value) * 2
            return worth.sum(where=counted) + rows.count(where=counted).sign()

        def test(figure: "ir.NumericValue") -> "ir.BooleanValue":
            has_any = figure != 0
            return (
                has_any
                & {
                    Op.GT: figure > 1,
                    Op.GTE: figure >= 1,
                    Op.LT: figure < 1,
                    Op.LTE: figure <= 1,
                }[found.amount.op]
            )

        return Aggregate(
            source=Source(rows=ORDER, grain=Grain.CUSTOMER, time="ordered_at"),
            test=test,
            within_days=found.within_days,
            where=lambda rows: (rows.currency == found.currency) & (rows.status != "cancelled"),
            measure=measure,
        )

    def words(self, found: _Average) -> str:
        shown = Money(found.amount.value, found.currency).format(get_language() or "en")
        text = gettext("%(amount)s an order on average (only orders in %(currency)s)")
        return within(
            text % {"amount": found.amount.describe(shown), "currency": found.currency}, found.within_days
        )

    def found(
        self, cursor: object, shop: object, customer: object, leaf: Mapping[str, Any], figure: int
    ) -> str:
        return gettext("has none") if figure == 0 else gettext("has an average")
