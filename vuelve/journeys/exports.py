"""What a shop can take away of its journeys: who went through, and how it ended."""

from django.utils.translation import gettext_lazy as _

from vuelve.journeys.contracts import RunStatus
from vuelve.platform.export_columns import columns, integer, text, time
from vuelve.platform.extension import ExportTable

_STATUSES = "(ARRAY['" + "', '".join(status.name.lower() for status in RunStatus) + "'])[t.status + 1]"

EXPORTS = (
    ExportTable(
        name="journey_runs",
        label=_("Runs of journeys"),
        help=_("One row a customer's way through a journey."),
        rows="journeys_run t LEFT JOIN journeys_journey j ON j.shop_id = t.shop_id AND j.id = t.journey_id",
        columns=columns(
            integer("run_id", "t.id"),
            integer("customer_id"),
            text("journey", "j.key"),
            integer("version_id"),
            text("status", _STATUSES),
            "step_key",
            time("entered_at"),
            time("ended_at"),
            "end_reason",
        ),
        covers=("journeys_run",),
        time="t.entered_at",
    ),
    ExportTable(
        name="journey_steps",
        label=_("Steps of runs"),
        help=_("One row a step that a customer took."),
        rows="journeys_transition t",
        columns=columns(integer("run_id"), integer("customer_id"), time("at"), "step_key", "outcome"),
        covers=("journeys_transition",),
        time="t.at",
    ),
)
NOT_EXPORTED = {
    "journeys_journey": "graphs that are edited here",
    "journeys_tally": "counted from journey_steps",
    "journeys_version": "graphs that are edited here",
}
