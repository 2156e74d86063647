"""What journeys keep of a person: runs and their moves."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from vuelve.journeys.contracts import EXITED
from vuelve.journeys.moves import SQL, Tally, ensure_months
from vuelve.platform.db import Cursor, stream_dicts
from vuelve.platform.extension import Person, PersonalRows
from vuelve.platform.ids import CustomerId

_TRANSITIONS = (
    "SELECT run_id, at, step_key AS step, outcome FROM journeys_transition "
    "WHERE shop_id = %(shop)s AND customer_id = ANY (%(ids)s) ORDER BY at, run_id"
)


ROWS: dict[str, PersonalRows] = {
    "journeys_run": PersonalRows(_("Runs in journeys"), stays=True),
}


class JourneysPrivacy:
    name: ClassVar[str] = "journeys"
    tables: ClassVar[tuple[str, ...]] = ("journeys_run", "journeys_transition")

    def export(self, cursor: Cursor, person: Person) -> Mapping[str, Iterable[Mapping[str, Any]]]:
        whose = {"shop": person.shop, "ids": list(person.ids)}
        return {
            "runs": stream_dicts(cursor, SQL["export_runs"], whose),
            "moves": stream_dicts(cursor, _TRANSITIONS, whose),
        }

    def erase(
        self, cursor: Cursor, person: Person, *, remains: CustomerId, now: datetime
    ) -> Mapping[str, int]:
        whose = {"shop": person.shop, "ids": list(person.ids), "remains": remains, "now": now}
        ensure_months(cursor, now)
        tally, runs = Tally(), 0
        for version_id, step, active, moved in cursor.execute(SQL["erase_runs"], whose).fetchall():
            tally.add(person.shop, version_id, step, EXITED, active)
            runs += moved
        cursor.execute(
            "UPDATE journeys_transition SET customer_id = %(remains)s WHERE shop_id = %(shop)s AND customer_id = ANY (%(ids)s)",
            whose,
        )
        moves = cursor.rowcount
        tally.write(cursor)
        return {"journeys_run": runs, "journeys_transition": moves}
