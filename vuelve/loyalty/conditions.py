"""The condition on points: {"type": "points", "balance": {"op": "gte", "value": 50}}; `pending`, `earned` (ever) or
`redeemed` (ever) in place of `balance`. Somebody who never had points has 0.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import ibis
from django.utils.translation import gettext, gettext_lazy

from vuelve.loyalty.contracts import POINTS, POINTS_MAX
from vuelve.platform.conditions import Fields, Threshold, read_threshold
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import Aggregate, Grain, Input, InputKind, Promotion, Source, Text

if TYPE_CHECKING:
    import ibis.expr.types as ir

ACCOUNT = ibis.table(
    {
        "shop_id": "int64",
        "customer_id": "int64",
        "unit": "string",
        "balance": "int64",
        "pending": "int64",
        "issued": "int64",
        "redeemed": "int64",
    },
    name="loyalty_account",
)
_COLUMNS = {"balance": "balance", "pending": "pending", "earned": "issued", "redeemed": "redeemed"}


class PointsCondition:
    key: ClassVar[str] = "points"
    label: Text = gettext_lazy("Points")

    inputs: ClassVar[tuple[Input, ...]] = (
        Input(
            "measure",
            InputKind.MEASURE,
            gettext_lazy("Points"),
            choices=(
                ("balance", gettext_lazy("To spend")),
                ("pending", gettext_lazy("Pending")),
                ("earned", gettext_lazy("Ever earned")),
                ("redeemed", gettext_lazy("Ever redeemed")),
            ),
            default={"op": "gte"},
        ),
    )

    def check(self, leaf: Mapping[str, Any], path: str) -> None:
        _read(leaf, path)

    def aggregates(self, leaves: Sequence[Mapping[str, Any]]) -> Sequence[Aggregate]:
        return [_aggregate(*_read(leaf)) for leaf in leaves]

    def promotions(self, leaf: Mapping[str, Any], trigger: str | None) -> Sequence[Promotion]:
        return []

    def describe(self, leaf: Mapping[str, Any]) -> str:
        measure, points = _read(leaf)
        lines = {
            "balance": gettext("%(count)s points to spend"),
            "pending": gettext("%(count)s points pending"),
            "earned": gettext("%(count)s points ever earned"),
            "redeemed": gettext("%(count)s points ever redeemed"),
        }
        return lines[measure] % {"count": points.describe(f"{points.value:,}")}


def _read(leaf: Mapping[str, Any], path: str = "") -> tuple[str, Threshold]:
    fields = Fields(leaf, path)
    measures = [name for name in _COLUMNS if fields.has(name)]
    if len(measures) != 1:
        raise VuelveError(
            "missing_field" if not measures else "unknown_field",
            "Say which points count, once.",
            field=fields.at("balance"),
            hint="Write one of `balance`, `pending`, `earned` and `redeemed`.",
        )
    points = read_threshold(fields, measures[0], most=POINTS_MAX)
    fields.end()
    return measures[0], points


def _aggregate(measure: str, points: Threshold) -> Aggregate:
    column = _COLUMNS[measure]

    def total(rows: "ir.Table", counted: "ir.BooleanValue | None") -> "ir.Scalar":
        return rows[column].sum(where=counted)

    return Aggregate(
        source=Source(rows=ACCOUNT, grain=Grain.PROFILE),
        test=points.test,
        where=lambda rows: rows.unit == POINTS,
        measure=total,
    )
