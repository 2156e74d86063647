"""The identity consumer on PostgreSQL: whose events are whose, whatever the order of arrival."""

import json
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from vuelve.customers.contracts import CUSTOMERS_MERGED
from vuelve.customers.services import open_moves, resolve
from vuelve.customers.tests.world import NOW, Identity, minute, user
from vuelve.events.consuming import consume_once
from vuelve.events.services import record
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import for_shop
from vuelve.platform.ids import CustomerId
from vuelve.testing import identify, make_shop, track


def test_a_user_is_one_customer(identity: Identity) -> None:
    identify(identity.shop, "u1", traits={"firstName": "Ana"}, at=minute(0))
    track(identity.shop, "Order Completed", user_id="u1", at=minute(1))
    track(identity.shop, "Order Completed", user_id="u2", at=minute(2))
    identity.run()
    assert identity.customers() == ["u1", "u2"]
    assert len(set(identity.events_of().values())) == 2


def test_an_anonymous_visit_counts_for_who_signs_up_later(identity: Identity) -> None:
    first = track(identity.shop, "Product Viewed", anonymous_id="a", at=minute(0))
    identity.run()
    identify(identity.shop, "u", anonymous_id="a", at=minute(1))
    identity.run()
    later = track(identity.shop, "Product Viewed", anonymous_id="a", at=minute(2))
    identity.run()
    assert identity.customers() == ["a u"]
    assert identity.events_of()[first] == identity.events_of()[later] == user(identity, "u")
    node = identity.rows("SELECT node_id FROM customers_identifier WHERE value = 'a'")[0][0]
    assert identity.rows("SELECT customer_id, canonical_id FROM customers_alias") == [
        (node, user(identity, "u"))
    ]


def test_an_anonymous_customer_is_merged_into_who_signs_in(identity: Identity) -> None:
    track(identity.shop, "Order Completed", user_id="u", at=minute(0))
    visit = track(identity.shop, "Product Viewed", anonymous_id="a", at=minute(1))
    identity.run()
    before = identity.events_of()[visit]
    identify(identity.shop, "u", anonymous_id="a", at=minute(2))
    identity.run()
    into = user(identity, "u")
    assert identity.rows("SELECT customer_id, canonical_id FROM customers_alias") == [(before, into)]
    assert identity.events_of()[visit] == into
    stamped = identity.rows("SELECT customer_id FROM events_event WHERE message_id = %s", visit)
    assert stamped == [(before,)]  # history is not rewritten
    notices = identity.rows(
        "SELECT properties, customer_id, shard, origin FROM events_event WHERE name = %s", CUSTOMERS_MERGED
    )
    assert notices == [({"node_id": before, "from_id": before, "into_id": into}, before, before % 8, 1)]
    assert identity.rows("SELECT count(*) FROM customers_customer") == [(2,)]  # the merged row stays


def test_two_users_with_one_email_stay_two(identity: Identity) -> None:
    identify(identity.shop, "u1", traits={"email": "Family@Example.com"}, at=minute(0))
    identify(identity.shop, "u2", traits={"email": "family@example.com"}, at=minute(1))
    identity.run()
    assert identity.customers() == ["family@example.com u1", "u2"]
    assert identity.column("email", user(identity, "u2")) == "family@example.com"  # where to write to
    assert identity.rows("SELECT FROM customers_alias") == []
    assert resolve(shop=identity.id, email="family@example.com") == user(identity, "u1")


def test_a_guest_known_by_email_is_merged_into_the_user_with_that_email(identity: Identity) -> None:
    order = track(identity.shop, "Order Completed", anonymous_id="a", email="g@example.com", at=minute(0))
    identify(identity.shop, "u", at=minute(1))
    identity.run()
    identify(identity.shop, "u", traits={"email": "g@example.com"}, at=minute(2))
    identity.run()
    assert identity.customers() == ["g@example.com u"]
    assert identity.events_of()[order] == user(identity, "u")


def test_a_phone_in_any_spelling_is_one_identifier(identity: Identity) -> None:
    identify(identity.shop, "u1", traits={"phone": "55 1234 5678"}, at=minute(0))
    identify(identity.shop, "u2", traits={"phone": "+52 (55) 1234-5678"}, at=minute(1))
    identity.run()
    assert resolve(shop=identity.id, phone="+525512345678") == user(identity, "u1")
    assert identity.column("phone", user(identity, "u2")) == "+525512345678"
    assert identity.customers() == ["+525512345678 u1", "u2"]


def test_the_earlier_identify_takes_the_anonymous_id_though_it_arrives_later(identity: Identity) -> None:
    identify(identity.shop, "u2", anonymous_id="a", at=minute(9))
    identity.run()
    identify(identity.shop, "u1", anonymous_id="a", at=minute(3))
    identity.run()
    visit = track(identity.shop, "Product Viewed", anonymous_id="a", at=minute(10))
    identity.run()
    assert identity.events_of()[visit] == user(identity, "u1")
    assert identity.rows("SELECT canonical_id FROM customers_alias") == [(user(identity, "u1"),)]


def test_our_own_events_keep_their_node_and_are_read_in_the_order_of_who_it_is_now(
    identity: Identity,
) -> None:
    track(identity.shop, "Order Completed", user_id="u", at=minute(0))
    visit = track(identity.shop, "Product Viewed", anonymous_id="a", at=minute(0))
    identity.run()
    merged = CustomerId(identity.events_of()[visit])
    identify(identity.shop, "u", anonymous_id="a", at=minute(1))
    record(
        shop=identity.id,
        name="Message Sent",
        customer=merged,
        properties={},
        key="m",
        now=minute(60),
        source="channels",
    )
    identity.run()
    assert identity.rows("SELECT customer_id, shard FROM events_event WHERE name = 'Message Sent'") == [
        (merged, user(identity, "u") % 8)
    ]
    assert identity.column("last_seen_at", user(identity, "u")) == minute(1)  # a message is no visit


def test_consumers_behind_identity_learn_of_merges(identity: Identity) -> None:
    """Also of the second of two moves of one node, whichever of the two notices comes first."""
    track(identity.shop, "Product Viewed", anonymous_id="a", at=minute(0))
    identify(identity.shop, "u", at=minute(0))
    track(identity.shop, "Order Completed", anonymous_id="b", email="e@example.com", at=minute(0))
    identity.run()
    ids = identity.rows("SELECT value, customer_id FROM customers_identifier ORDER BY value")
    by_name = dict(ids)
    track(identity.shop, "identify", anonymous_id="a", email="e@example.com", at=minute(1), kind=2)
    identity.run()
    identify(identity.shop, "u", traits={"email": "e@example.com"}, at=minute(2))
    identity.run()
    with for_shop(identity.id) as cursor:
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS event_batch (LIKE events_event)")
        cursor.execute("SELECT vuelve_clear('pg_temp.event_batch')")
        cursor.execute(
            "INSERT INTO pg_temp.event_batch SELECT * FROM events_event WHERE shop_id = %s", [identity.id]
        )
        assert open_moves(cursor) == 3
        moves = cursor.execute("SELECT node_id, from_id, into_id FROM pg_temp.customers_moved").fetchall()
    into, visitor, guest = by_name["u"], by_name["a"], by_name["e@example.com"]
    assert sorted(moves) == sorted([(visitor, visitor, into), (visitor, guest, into), (guest, guest, into)])


def test_a_notice_of_a_merge_from_outside_is_not_believed(identity: Identity) -> None:
    track(identity.shop, CUSTOMERS_MERGED, user_id="u", properties={"from_id": 1, "into_id": 2}, at=minute(0))
    identity.run()
    with for_shop(identity.id) as cursor:
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS event_batch (LIKE events_event)")
        cursor.execute("SELECT vuelve_clear('pg_temp.event_batch')")
        cursor.execute(
            "INSERT INTO pg_temp.event_batch SELECT * FROM events_event WHERE shop_id = %s", [identity.id]
        )
        assert open_moves(cursor) == 0
    assert identity.events_of()[identity.rows("SELECT message_id FROM events_event")[0][0]] == user(
        identity, "u"
    )


def test_first_and_last_seen_follow_the_events_not_their_arrival(identity: Identity) -> None:
    track(identity.shop, "Order Completed", user_id="u", at=minute(5))
    identity.run()
    track(identity.shop, "Order Completed", user_id="u", at=minute(9))
    track(identity.shop, "Order Completed", user_id="u", at=minute(1), historical=True)
    identity.run()
    customer = user(identity, "u")
    assert identity.column("first_seen_at", customer) == minute(1)
    assert identity.column("last_seen_at", customer) == minute(9)


def test_ids_that_no_index_holds_do_not_stop_the_line(identity: Identity) -> None:
    # Ingest refuses them. Random, because PostgreSQL would compress a repeated letter.
    letters = Random(7)
    long_ids = ["".join(chr(letters.randrange(0x4E00, 0x9FFF)) for _ in range(10_000)) for _ in range(2)]
    for each in long_ids:
        track(identity.shop, "Order Completed", user_id=each, at=minute(0))
        track(identity.shop, "Product Viewed", anonymous_id=each, email=f"{each}@example.com", at=minute(0))
    identity.run()
    assert len(set(identity.events_of().values())) == 4
    assert all(len(row[0]) < 100 for row in identity.rows("SELECT value FROM customers_identifier"))


def test_an_event_of_nobody_stops_nobody(identity: Identity) -> None:
    track(identity.shop, "Lost", at=minute(0), message_id="nobody")
    track(identity.shop, "Found", user_id="u", at=minute(1), message_id="somebody")
    for _ in range(600):
        if consume_once(identity.consumer, clock=VirtualClock(NOW)) == 0 and identity.events_of()["somebody"]:
            break
    assert identity.events_of() == {"nobody": None, "somebody": user(identity, "u")}


def test_shops_are_apart(identity: Identity) -> None:
    other = Identity(make_shop())
    identify(identity.shop, "u", traits={"email": "e@example.com"}, at=minute(0))
    identify(other.shop, "v", traits={"email": "e@example.com"}, at=minute(0))
    identity.run()
    other.run()
    assert identity.customers() == ["e@example.com u"]
    assert other.customers() == ["e@example.com v"]


def story() -> list[dict[str, Any]]:
    """Two people and a shared till, without a conflict: visits, guests, sign-ups, orders, two devices."""
    events: list[dict[str, Any]] = []
    for person in ("ana", "bea"):
        email = f"{person}@example.com"
        events += [
            {"name": "Product Viewed", "anonymous_id": f"{person}-phone", "at": minute(1)},
            {"name": "Product Viewed", "anonymous_id": f"{person}-laptop", "at": minute(2)},
            {
                "name": "identify",
                "kind": 2,
                "anonymous_id": f"{person}-phone",
                "email": email,
                "at": minute(3),
            },
            {"name": "Order Completed", "anonymous_id": f"{person}-phone", "email": email, "at": minute(4)},
            {"name": "identify", "kind": 2, "user_id": person, "email": email, "at": minute(5)},
            {
                "name": "identify",
                "kind": 2,
                "user_id": person,
                "anonymous_id": f"{person}-laptop",
                "at": minute(6),
            },
            {
                "name": "Order Completed",
                "user_id": person,
                "anonymous_id": f"{person}-phone",
                "at": minute(7),
            },
            {"name": "Order Completed", "email": email, "anonymous_id": "till", "at": minute(8)},
        ]
    return [each | {"message_id": f"m{position}"} for position, each in enumerate(events)]


@pytest.mark.parametrize("seed", range(6))
def test_any_order_in_any_batches_gives_the_same_customers(identity: Identity, seed: int) -> None:
    order, chance = story() * 2, Random(seed)
    chance.shuffle(order)
    for event in order:
        track(identity.shop, **event)
        if chance.random() < 0.2:
            identity.run(rows=chance.choice([1, 3, 10_000]))
    identity.run()
    assert identity.customers() == [
        "ana ana-laptop ana-phone ana@example.com",
        "bea bea-laptop bea-phone bea@example.com",
    ]
    groups: dict[int, set[str]] = {}
    for message, customer in identity.events_of().items():
        groups.setdefault(customer, set()).add(message)
    assert sorted(map(sorted, groups.values())) == sorted(
        [sorted(f"m{n}" for n in range(8)), sorted(f"m{n}" for n in range(8, 16))]
    )
    flat = identity.rows(
        "SELECT FROM customers_alias a JOIN customers_alias b ON b.shop_id = a.shop_id AND b.customer_id = a.canonical_id"
    )
    assert flat == []
    assert (
        identity.rows(
            "SELECT FROM customers_identifier i JOIN customers_alias a ON a.customer_id = i.customer_id"
        )
        == []
    )


def test_reading_a_batch_again_after_a_crash_changes_nothing(identity: Identity) -> None:
    identify(identity.shop, "u", traits={"email": "e@example.com", "plan": "pro"}, at=minute(0))
    identity.run()
    tables = ("customers_customer", "customers_identifier", "customers_trait", "customers_alias")
    before = {table: identity.rows(f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in tables}
    with for_shop(identity.id) as cursor:
        cursor.execute("UPDATE events_cursor SET xid = '0', seq = 0 WHERE consumer = 'identity'")
    identity.rows("SELECT 1")
    for _ in range(100):
        if not consume_once(identity.consumer, clock=VirtualClock(NOW + timedelta(days=1))):
            break
    assert {table: identity.rows(f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in tables} == before


def test_properties_reach_nobody_else(identity: Identity) -> None:
    """Traits of one call are those of its user, also when many are in one batch."""
    for number in range(40):
        identify(identity.shop, f"u{number}", traits={"number": number}, at=minute(number))
    identity.run()
    found = identity.rows(
        "SELECT c.user_id, t.number_value FROM customers_trait t JOIN customers_customer c ON c.id = t.customer_id"
    )
    assert {row[0]: int(row[1]) for row in found} == {f"u{number}": number for number in range(40)}
    assert json.dumps([row[0] for row in found])
