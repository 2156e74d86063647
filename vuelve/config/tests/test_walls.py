"""The walls between shops, and between packages."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from vuelve.platform.db import ROLES, for_shop, for_shops
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop
from vuelve.testing import make_shop

PACKAGE = Path(__file__).resolve().parents[2]

# Read before a shop is known: who signs in, whose key it is. They hold no customer's data.
WITHOUT_ROW_SECURITY = {"shops_membership", "shops_apikey"}


@pytest.fixture(params=["web", "worker"])
def as_role(request: pytest.FixtureRequest, log: None) -> Iterator[psycopg.Connection]:
    with psycopg.connect(os.environ["DATABASE_URL"], options=f"-c role={ROLES[request.param]}") as conn:
        yield conn


def shop_tables(conn: psycopg.Connection) -> list[str]:
    rows = conn.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'shop_id' "
        "WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace"
    ).fetchall()
    return sorted(row[0] for row in rows)


def fill(shop: Shop) -> None:
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute(
            "INSERT INTO customers_customer (shop_id, created_at, first_seen_at, last_seen_at) VALUES (%s, now(), now(), now())",
            [shop.pk],
        )


def test_a_forgotten_filter_returns_nothing(as_role: psycopg.Connection, shop: Shop) -> None:
    fill(shop)
    tables = set(shop_tables(as_role)) - WITHOUT_ROW_SECURITY
    assert len(tables) > 20
    assert {
        table: as_role.execute(f"SELECT count(*) FROM {table}").fetchone() for table in tables
    } == dict.fromkeys(tables, (0,))


def test_a_forgotten_filter_changes_nothing(as_role: psycopg.Connection, shop: Shop) -> None:
    fill(shop)
    assert as_role.execute("UPDATE customers_customer SET name = 'x'").rowcount == 0
    assert as_role.execute("DELETE FROM customers_customer").rowcount == 0


def test_one_shop_does_not_see_or_write_another(as_role: psycopg.Connection, shop: Shop) -> None:
    other = make_shop()
    fill(shop)
    fill(other)
    as_role.execute(
        "SELECT set_config('vuelve.shop_id', %s, false), set_config('vuelve.shop_ids', %s, false)",
        [str(shop.pk), f"{{{shop.pk}}}"],
    )
    assert as_role.execute("SELECT DISTINCT shop_id FROM customers_customer").fetchall() == [(shop.pk,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_role.execute(
            "INSERT INTO customers_customer (shop_id, created_at, first_seen_at, last_seen_at) VALUES (%s, now(), now(), now())",
            [other.pk],
        )


def test_roles_can_neither_bypass_nor_own_nor_reach_a_partition(as_role: psycopg.Connection) -> None:
    row = as_role.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    assert row == (False, False, False)
    partition = as_role.execute(
        "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r' AND relname LIKE 'events_event%' LIMIT 1"
    ).fetchone()
    assert partition is not None
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_role.execute(f"SELECT count(*) FROM {partition[0]}")


def test_every_table_of_a_shop_has_both_policies(as_role: psycopg.Connection) -> None:
    policies = as_role.execute(
        "SELECT c.relname, array_agg(p.polname::text ORDER BY p.polname), bool_and(c.relrowsecurity) "
        "FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid GROUP BY c.relname"
    ).fetchall()
    found = {row[0]: (row[1], row[2]) for row in policies}
    for table in set(shop_tables(as_role)) - WITHOUT_ROW_SECURITY:
        assert found.get(table) == ([f"{table}_web", f"{table}_worker"], True), table


def test_the_scope_ends_with_its_block(shop: Shop) -> None:
    other = make_shop()
    with for_shops([ShopId(shop.pk), ShopId(other.pk)]) as cursor:
        with for_shop(ShopId(shop.pk)):
            assert scope(cursor) == f"{{{shop.pk}}}"
        assert scope(cursor) == f"{{{shop.pk},{other.pk}}}"
    with for_shops([]) as cursor:
        assert scope(cursor) == "{}"


def scope(cursor: psycopg.Cursor) -> str:
    row = cursor.execute("SELECT current_setting('vuelve.shop_ids', true)").fetchone()
    assert row is not None
    return str(row[0])


WRITE = re.compile(
    r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|COPY)\s+(?:ONLY\s+)?([a-z]+)_[a-z_]+\b", re.IGNORECASE
)
PACKAGES = {path.name for path in PACKAGE.iterdir() if (path / "migrations").is_dir()}


def test_only_the_owner_writes_its_tables() -> None:
    """Others call its services. Tests and benchmarks may build what they need."""
    offences = []
    for path in [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.sql")]:
        package = path.relative_to(PACKAGE).parts[0]
        if package in {"bench", "conftest.py", "testing.py"} or {"tests", "migrations"} & set(path.parts):
            continue
        for owner in WRITE.findall(path.read_text(encoding="utf-8")):
            if owner in PACKAGES and owner != package:
                offences.append(
                    f"{path.relative_to(PACKAGE)} writes a table of {owner}: call {owner}.services instead"
                )
    assert offences == []


def test_only_the_clock_reads_the_clock() -> None:
    """Backtests and replays run on a virtual clock: elsewhere `now` is passed in."""
    pattern = re.compile(r"\b(?:datetime\.(?:now|utcnow)|date\.today|timezone\.now|time\.time)\(")
    offences = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if path != PACKAGE / "platform" / "clock.py"
        and "tests" not in path.parts
        and pattern.search(path.read_text())
    ]
    assert offences == []
