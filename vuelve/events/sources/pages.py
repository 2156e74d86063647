"""The reconciliation as tables for people: what they have, what they told us, what we hold, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from vuelve.events.sources.queries import Count
from vuelve.events.sources.wording import FINANCIAL, KINDS
from vuelve.platform.extension import Text
from vuelve.platform.stores import StoreKind


@dataclass(frozen=True, slots=True)
class CountRow:
    label: Text
    count: Count
    advice: str  # why they differ; '' if they do not
    can_fetch: bool


@dataclass(slots=True)
class CountTable:
    title: Text
    kind: StoreKind
    rows: list[CountRow] = field(default_factory=list)
    counted_at: datetime | None = None

    @property
    def differences(self) -> int:
        return sum(not row.count.is_equal for row in self.rows)


def count_tables(counts: Sequence[Count]) -> list[CountTable]:
    """Everything there is as a whole; orders by month, the newest first; orders by payment."""
    if not counts:
        return []
    whole = CountTable(_("In all"), StoreKind.ORDERS)
    months = CountTable(_("Orders by month"), StoreKind.ORDERS)
    payments = CountTable(_("Orders by payment"), StoreKind.ORDERS)
    for count in sorted(counts, key=lambda one: (list(StoreKind).index(one.kind), one.part)):
        for table in (whole, months, payments):
            table.counted_at = count.counted_at
        if count.part == "all":
            whole.rows.append(_row(KINDS[count.kind], count))
        elif not (count.theirs or count.told):
            continue  # nothing on either side
        elif count.part.startswith("status:"):
            payments.rows.append(_row(FINANCIAL[count.part.removeprefix("status:")], count))
        elif count.part == "before":
            months.rows.append(_row(_("Before"), count))
        else:
            year, month = map(int, count.part.split("-"))
            months.rows.append(_row(date_format(date(year, month, 1), "YEAR_MONTH_FORMAT"), count))
    months.rows.sort(key=lambda row: row.count.part if row.count.part != "before" else "", reverse=True)
    return [table for table in (whole, months, payments) if table.rows]


def _row(label: Text, count: Count) -> CountRow:
    advice = ""
    if not count.is_equal:
        theirs = count.theirs or 0
        if count.told < theirs:
            advice = _("The store has some that it has not told us of.")
        elif count.told > theirs:
            advice = _("We know some that the store does not count any more.")
        if count.held < count.told:
            unread = _("Some that we know of are not in our tables: they are being read, or were refused.")
            advice = f"{advice} {unread}"
    can_fetch = (
        count.theirs is not None and count.told < count.theirs and not count.part.startswith("status:")
    )
    return CountRow(label, count, advice.strip(), can_fetch)
