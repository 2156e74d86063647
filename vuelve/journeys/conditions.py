"""The condition on journeys that a customer went through."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import ibis
from django.utils.translation import gettext, gettext_lazy

from vuelve.events.conditions import AT_LEAST_ONCE, COUNT_MAX
from vuelve.journeys.contracts import RunStatus
from vuelve.platform import limits
from vuelve.platform.conditions import TIME_TYPE, Fields, ReadKind, Threshold, read_threshold, within
from vuelve.platform.extension import Aggregate, Grain, Input, InputKind, Source, Text

if TYPE_CHECKING:
    import ibis.expr.types as ir

RUN = ibis.table(
    {
        "shop_id": "int64",
        "customer_id": "int64",
        "journey_id": "int64",
        "status": "int16",
        "entered_at": TIME_TYPE,
    },
    name="journeys_run",
)
_STATES: Mapping[str, tuple[RunStatus, ...]] = {
    "entered": tuple(RunStatus),
    "active": (RunStatus.ACTIVE,),
    "finished": (RunStatus.FINISHED,),
    "goal": (RunStatus.GOAL,),
    "exited": (RunStatus.EXITED,),
}
_WORDS: Mapping[str, Text] = {
    "entered": gettext_lazy("entered a journey"),
    "active": gettext_lazy("is in a journey"),
    "finished": gettext_lazy("went through a journey"),
    "goal": gettext_lazy("reached the goal of a journey"),
    "exited": gettext_lazy("left a journey early"),
}


@dataclass(frozen=True, slots=True)
class _Journey:
    state: str
    journey: int | None
    count: Threshold
    within_days: int | None


class JourneyCondition(ReadKind[_Journey]):
    """{"type": "journey", "state": "entered", "journey": 3, "count": {"op": "gte", "value": 1}, "within_days": 30}: the last three
    may be missing. The window is of when it was entered."""

    key: ClassVar[str] = "journey"
    label: Text = gettext_lazy("Went through a journey")
    inputs: ClassVar[tuple[Input, ...]] = (
        Input("state", InputKind.CHOICE, gettext_lazy("What happened"), choices=tuple(_WORDS.items())),
        Input("journey", InputKind.JOURNEY, gettext_lazy("Journey"), is_optional=True),
        Input("count", InputKind.THRESHOLD, gettext_lazy("Times"), default={"op": "gte", "value": "1"}),
        Input("within_days", InputKind.DAYS, gettext_lazy("In the last days"), is_optional=True),
    )

    def read(self, leaf: Mapping[str, Any], path: str = "") -> _Journey:
        fields = Fields(leaf, path)
        state = fields.choice("state", tuple(_STATES))
        journey = fields.whole("journey", least=1, most=limits.BIGINT_MAX) if fields.has("journey") else None
        count = read_threshold(fields, "count", most=COUNT_MAX, default=AT_LEAST_ONCE)
        days = fields.days()
        fields.end("journey", "count", "within_days")
        return _Journey(state, journey, count, days)

    def aggregate(self, found: _Journey) -> Aggregate:
        def counts(rows: "ir.Table") -> "ir.BooleanValue":
            counted = rows.status.isin([int(status) for status in _STATES[found.state]])
            return counted if found.journey is None else counted & (rows.journey_id == found.journey)

        return Aggregate(
            source=Source(rows=RUN, grain=Grain.CUSTOMER, time="entered_at"),
            test=found.count.test,
            within_days=found.within_days,
            where=counts,
        )

    def words(self, found: _Journey) -> str:
        line = str(_WORDS[found.state])
        if found.journey is not None:
            line += " (" + gettext("journey %(number)s") % {"number": found.journey} + ")"
        if found.count != AT_LEAST_ONCE:
            line += ": " + gettext("%(count)s times") % {
                "count": found.count.describe(str(found.count.value))
            }
        return within(line, found.within_days)
