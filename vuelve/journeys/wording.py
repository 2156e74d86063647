"""What journeys' codes are called in the reader's language."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vuelve.journeys.contracts import Ending, Graph, Reentry, ReentryKind, RunStatus
from vuelve.journeys.models import Status
from vuelve.platform.extension import Text, registry
from vuelve.platform.ui.components import Tone
from vuelve.segments import services as segments

OUTCOMES: dict[str, Text] = {
    "otherwise": gettext_lazy("otherwise"),
    "confirmed": gettext_lazy("confirmed"),
    "packed": gettext_lazy("packed"),
    "in_transit": gettext_lazy("in transit"),
    "out_for_delivery": gettext_lazy("out for delivery"),
    "delivered": gettext_lazy("delivered"),
}
RUN_STATUSES: dict[RunStatus, tuple[Text, Tone]] = {
    RunStatus.ACTIVE: (gettext_lazy("Inside"), "info"),
    RunStatus.FINISHED: (gettext_lazy("Finished"), ""),
    RunStatus.GOAL: (gettext_lazy("Reached the goal"), "good"),
    RunStatus.EXITED: (gettext_lazy("Left early"), "warn"),
    RunStatus.FAILED: (gettext_lazy("Failed"), "bad"),
}
_TONES: dict[str, Tone] = {Status.LIVE: "good", Status.PAUSED: "warn", Status.DRAFT: "", Status.ARCHIVED: ""}


def status_tone(status: str) -> Tone:
    return _TONES.get(status, "")


def event_label(name: str) -> Text:
    """What an event is called; one that no package knows keeps its own name."""
    face = registry.event_faces.get(name)
    return face.label if face else name


def outcome_label(outcome: str) -> str:
    """A branch that a member has named keeps that name."""
    return str(OUTCOMES.get(outcome, outcome.replace("_", " ")))


def reentry_text(reentry: Reentry) -> str:
    if reentry.kind is ReentryKind.ONCE:
        return _("Each customer enters once.")
    if reentry.kind is ReentryKind.EACH_EVENT:
        return _("Each event begins a run.")
    return _("Once for each value of “%(property)s”.") % {"property": reentry.property}


def ending_lines(graph: Graph) -> list[str]:
    """What ends a run before its end: the goal, and exits."""
    lines = [_("Goal: %(event)s") % {"event": _ending(graph.goal)}] if graph.goal else []
    return lines + [_("Leaves early: %(event)s") % {"event": _ending(one)} for one in graph.exits]


def _ending(ending: Ending) -> str:
    label = str(event_label(ending.event))
    return f"{label} ({segments.describe(ending.conditions)})" if ending.conditions else label
