"""The condition that looks at another segment: {"type": "segment", "segment": 12}. In a tree `not` means not in it."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import ibis
from django.utils.translation import gettext, gettext_lazy

from vuelve.platform import limits
from vuelve.platform.conditions import TIME_TYPE, Fields
from vuelve.platform.extension import Aggregate, Grain, Input, InputKind, Promotion, Source, Text
from vuelve.segments.models import Segment

MEMBER = ibis.table(
    {"shop_id": "int64", "customer_id": "int64", "segment_id": "int64", "entered_at": TIME_TYPE},
    name="segments_member",
)


class SegmentCondition:
    key: ClassVar[str] = "segment"
    label: Text = gettext_lazy("Is in a segment")

    inputs: ClassVar[tuple[Input, ...]] = (Input("segment", InputKind.SEGMENT, gettext_lazy("Segment")),)

    def check(self, leaf: Mapping[str, Any], path: str) -> None:
        _read(leaf, path)

    def aggregates(self, leaves: Sequence[Mapping[str, Any]]) -> Sequence[Aggregate]:
        return [_aggregate(_read(leaf)) for leaf in leaves]

    def promotions(self, leaf: Mapping[str, Any], trigger: str | None) -> Sequence[Promotion]:
        return []

    def describe(self, leaf: Mapping[str, Any]) -> str:
        known = Segment.objects.filter(pk=_read(leaf)).values_list("name", flat=True).first()
        return gettext("is in the segment %(segment)s") % {"segment": known or f"#{leaf['segment']}"}


def _read(leaf: Mapping[str, Any], path: str = "") -> int:
    fields = Fields(leaf, path)
    segment = fields.whole("segment", least=1, most=limits.BIGINT_MAX)
    fields.end()
    return segment


def _aggregate(segment: int) -> Aggregate:
    return Aggregate(
        source=Source(rows=MEMBER, grain=Grain.PROFILE),
        test=lambda rows: rows > 0,
        where=lambda rows: rows.segment_id == segment,
    )
