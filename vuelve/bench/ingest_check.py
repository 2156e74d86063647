"""What is in the tables after the ingest benchmark, compared with what was generated: exact, to the cent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vuelve.bench.ingest_workload import CHECKOUT, ORDER, Expected
from vuelve.platform.db import Cursor, Statements, for_shop
from vuelve.platform.ids import ShopId

SQL = Statements(__file__)


@dataclass(frozen=True, slots=True)
class Check:
    """Rows that are missing, rows too many, and what else is not as it must be."""

    lost: int
    duplicated: int
    wrong: list[str]


def check(shop: ShopId, expected: Expected) -> Check:
    with for_shop(shop) as cursor:
        ids, copies, unstamped = _row(
            cursor, "check_ingest_log", shop, events=expected.events, users=expected.users
        )
        orders = _counts(cursor, "check_ingest_orders", shop)
        checkouts = _counts(cursor, "check_ingest_runs", shop, event=CHECKOUT)
        runs = _counts(cursor, "check_ingest_runs", shop, event=ORDER)
        countries = _counts(cursor, "check_ingest_traits", shop)
        revenue = _counts(cursor, "check_ingest_revenue", shop)
        (customers,) = _row(cursor, "check_ingest_customers", shop)
    pairs = (
        (expected.orders_by_user, orders),
        (expected.orders_by_user, runs),
        (expected.checkouts_by_user, checkouts),
        ({"": expected.users}, {"": customers}),
    )
    lost = (
        expected.events + expected.users - ids + unstamped + sum(_beyond(want, have) for want, have in pairs)
    )
    duplicated = copies + sum(_beyond(have, want) for want, have in pairs)
    wrong = [
        f"{name}: {have} instead of {want}"
        for name, want, have in (
            ("customers by country", expected.users_by_country, countries),
            ("revenue in minor units", expected.minor_by_currency, revenue),
        )
        if dict(want) != have
    ]
    return Check(lost, duplicated, wrong)


def _beyond(these: Mapping[str, int], those: Mapping[str, int]) -> int:
    """How many of these, by key, are more than those."""
    return sum(max(count - those.get(key, 0), 0) for key, count in these.items())


def _row(cursor: Cursor, name: str, shop: ShopId, **parameters: Any) -> tuple[int, ...]:
    row = cursor.execute(SQL[name], {"shop": shop, **parameters}).fetchone()
    assert row is not None
    return tuple(int(value) for value in row)


def _counts(cursor: Cursor, name: str, shop: ShopId, **parameters: Any) -> dict[str, int]:
    rows = cursor.execute(SQL[name], {"shop": shop, **parameters}).fetchall()
    return {key: int(count) for key, count in rows}
