"""What a demo came to, counted in the database, and whether that is what the data demands."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from vuelve.demo.data import Totals
from vuelve.journeys.models import Journey
from vuelve.platform.db import Statements, fetch_dicts, for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.invariants import check_all

SQL = Statements(__file__)
THANK_YOU = "thank_you"


@dataclass(frozen=True, slots=True)
class Summary:
    """`events` came from outside; `withheld` counts messages by reason; `problems` is empty when all is well."""

    customers: int
    orders: int
    order_lines: int
    events: int
    runs: int
    messages: int
    points: int
    withheld: Mapping[str, int]
    seconds: Mapping[str, float]
    problems: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def summarise(
    shop: ShopId, *, expected: Totals, appended: int, seconds: Mapping[str, float], now: datetime
) -> Summary:
    """Count exactly, and name each stage that fell short."""
    with for_shop(shop) as cursor:
        thank_you = Journey.objects.get(shop_id=shop, key=THANK_YOU)
        cursor.execute(SQL["counts"], {"shop": shop})
        [counts] = fetch_dicts(cursor)
        cursor.execute(SQL["shortfalls"], {"shop": shop, "thank_you": thank_you.pk, "now": now})
        [shortfalls] = fetch_dicts(cursor)
        withheld = dict(cursor.execute(SQL["withheld"], {"shop": shop}).fetchall())
    amount_minor = counts.pop("amount_minor")
    wanted = {
        "customers": (expected.households, counts["customers"]),
        "orders": (expected.orders, counts["orders"]),
        "order lines": (expected.lines, counts["order_lines"]),
        "events": (appended, counts["events"]),
        "cents": (expected.amount_minor, amount_minor),
    }
    problems = [
        f"{what}: expected {want}, found {found}" for what, (want, found) in wanted.items() if want != found
    ]
    problems += [f"{name.replace('_', ' ')}: {count}" for name, count in shortfalls.items() if count]
    problems += [f"no {name}" for name in ("runs", "messages", "points") if not counts[name]]
    problems += [f"{name}: {len(breaches)}" for name, breaches in check_all(shop).items() if breaches]
    return Summary(
        **counts,
        withheld=withheld,
        seconds={stage: round(value, 1) for stage, value in seconds.items()},
        problems=problems,
    )
