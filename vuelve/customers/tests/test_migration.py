"""Customers from before there were nodes: who counted for whom then counts now, and goes on from there."""

import os
from pathlib import Path

import psycopg
import pytest

from vuelve.customers.tests.world import NOW, Identity, minute
from vuelve.platform.db import ROLES, for_shop
from vuelve.testing import identify, track


@pytest.fixture
def from_before(identity: Identity) -> Identity:
    """As the code before would have left it: user u (customer 11) with all that was merged into it, and a guest.

    The part of the migration that works on rows runs again, on this shop alone: row-level security holds it there.
    """
    with for_shop(identity.id) as cursor:
        cursor.executemany(
            "INSERT INTO customers_customer (shop_id, id, user_id, email, created_at, first_seen_at, last_seen_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [
                (identity.id, 11, "u", "u@example.com", NOW, minute(0), minute(9)),
                (identity.id, 12, None, None, NOW, minute(1), minute(2)),
                (identity.id, 13, None, "g@example.com", NOW, minute(3), minute(3)),
            ],
        )
        cursor.executemany(
            # owner_id: what no worker writes any more since; the migration does not look at it.
            "INSERT INTO customers_identifier (shop_id, kind, value, customer_id, claim_rank, claimed_at, claimed_by, owner_id) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, -1)",
            [
                (identity.id, 1, "u", 11, 9, minute(0), "m0"),
                (identity.id, 2, "u@example.com", 11, 1, minute(0), "m0"),
                (identity.id, 4, "tablet", 12, 1, minute(2), "m2"),  # left behind when it was merged
                (identity.id, 2, "g@example.com", 13, 9, minute(3), "m3"),
                (identity.id, 4, "guest", 13, 3, minute(3), "m3"),
            ],
        )
        cursor.execute(
            "INSERT INTO customers_alias (shop_id, customer_id, canonical_id, merged_at, reason) VALUES (%s, 12, 11, %s, 'x')",
            [identity.id, NOW],
        )
        cursor.execute(
            "INSERT INTO customers_trait (shop_id, customer_id, name, text_value, text_key, set_at, message_id, source) "
            "VALUES (%s, 11, 'plan', 'pro', 'pro', %s, 'm0', 'test')",
            [identity.id, minute(0)],
        )
    text = (Path(__file__).parents[1] / "migrations" / "0004_nodes.sql").read_text(encoding="utf-8")
    start, end = (
        text.index("CREATE TEMP TABLE strongest"),
        text.index("CREATE UNIQUE INDEX customers_identifier_node"),
    )
    with psycopg.connect(os.environ["DATABASE_URL"], options=f"-c role={ROLES['web']}") as conn:
        conn.execute("SELECT set_config('vuelve.shop_id', %s, true)", [str(identity.id)])
        conn.execute(text[start:end])
        conn.execute("UPDATE customers_identifier SET owner_id = NULL WHERE node_id IS NOT NULL")
    return identity


def test_what_is_there_stays_as_it_is_and_goes_on(from_before: Identity) -> None:
    identity = from_before
    assert identity.customers() == ["g@example.com guest", "tablet u u@example.com"]
    assert identity.rows("SELECT value, node_id FROM customers_identifier WHERE node_id IS NOT NULL ORDER BY value") == [
        ("g@example.com", 13), ("u", 11),
    ]  # fmt: skip
    identify(identity.shop, "u", traits={"size": 38}, at=minute(20))
    visit = track(identity.shop, "Product Viewed", anonymous_id="tablet", at=minute(21))
    order = track(identity.shop, "Order Completed", email="g@example.com", at=minute(22))
    identity.run(minute(30))
    assert (identity.events_of()[visit], identity.events_of()[order]) == (11, 13)
    assert identity.traits(11) == {"plan": "pro", "size": 38}
    # The guest signs up: all that was ever theirs follows, what was merged into them before included.
    with for_shop(identity.id) as cursor:
        cursor.execute(
            "INSERT INTO customers_alias (shop_id, customer_id, canonical_id, merged_at, reason, anchor_id) "
            "VALUES (%s, 14, 13, %s, 'x', 13)",
            [identity.id, NOW],
        )
    identify(identity.shop, "u", traits={"email": "g@example.com"}, at=minute(31))
    identity.run(minute(40))
    assert identity.customers() == ["g@example.com guest tablet u u@example.com"]
    aliases = identity.rows(
        "SELECT customer_id, canonical_id FROM customers_alias WHERE customer_id IN (12, 13, 14)"
    )
    assert sorted(aliases) == [(12, 11), (13, 11), (14, 11)]


def test_a_worker_from_before_there_were_nodes_writes_no_identifier(identity: Identity) -> None:
    with pytest.raises(psycopg.errors.CheckViolation), for_shop(identity.id) as cursor:
        cursor.execute(
            "INSERT INTO customers_identifier (shop_id, kind, value, customer_id, claim_rank, claimed_at, claimed_by) "
            "VALUES (%s, 1, 'u', 11, 9, %s, 'm')",
            [identity.id, NOW],
        )
