"""What is noted of each event name: exact counts, bounded looks, nothing a sender can blow up."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from vuelve.events import consuming
from vuelve.events.consumers import SchemaConsumer, SchemaTick
from vuelve.events.privacy import EventsPrivacy
from vuelve.events.queries.schema import SchemaName, all_names, properties_of
from vuelve.events.services import open_staging, record_staged
from vuelve.platform import limits
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import for_shop
from vuelve.platform.extension import Person, registry
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.shops.models import Shop
from vuelve.testing import drain, make_shop, track

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


def names(shop: Shop, now: datetime = NOW) -> dict[str, SchemaName]:
    with for_shop(ShopId(shop.pk)) as cursor:
        return {one.name: one for one in all_names(cursor, ShopId(shop.pk), now=now)}


def properties(shop: Shop, name: str, kind: int = 1) -> dict[str, Any]:
    with for_shop(ShopId(shop.pk)) as cursor:
        return {one.property: one for one in properties_of(cursor, ShopId(shop.pk), kind=kind, name=name)}


def send(shop: Shop, name: str, sent: dict[str, Any] | None = None, at: datetime = NOW, **more: Any) -> None:
    track(shop, name, user_id="u", at=at, properties=sent, **more)


def test_events_are_counted_exactly_however_they_are_batched(shop: Shop) -> None:
    other = make_shop()
    for n in range(25):
        send(shop, "Thing", {"n": n}, at=NOW - timedelta(hours=n * 2))
    send(other, "Thing")
    consumer = SchemaConsumer()
    while consuming.consume_once(consumer, clock=VirtualClock(NOW), rows=7, workers=3):
        pass
    drain(NOW)
    thing = names(shop)["Thing"]
    assert (thing.events, thing.day, thing.week) == (25, 12, 25)
    assert sum(thing.days) == 25
    assert (thing.first_at, thing.last_at) == (NOW - timedelta(hours=48), NOW)
    assert names(other)["Thing"].events == 1


def test_two_workers_at_once_neither_deadlock_nor_miscount(shop: Shop) -> None:
    for n in range(120):
        track(shop, f"Name {n % 10}", user_id=f"u{n}", at=NOW, properties={f"p{n % 7}": n})
    identity = next(one for one in registry.consumers if one.is_identity)
    while consuming.consume_once(identity, clock=VirtualClock(NOW)):
        pass
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(60):
                consuming.consume_once(SchemaConsumer(), clock=VirtualClock(NOW), rows=20, workers=2)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    drain(NOW)
    assert {one.events for one in names(shop).values()} == {12}


def test_types_and_shares(shop: Shop) -> None:
    send(
        shop,
        "Typed",
        {"a": "x", "b": 1, "c": True, "d": "2026-03-01", "e": [1], "f": {"g": 1}, "h": None, "i": ""},
    )
    send(shop, "Typed", {"a": 2, "d": "2026-03-01T10:00:00.000Z", "h": "now filled", "c": "2026-13"})
    drain(NOW)
    found = properties(shop, "Typed")
    assert {name: one.types() for name, one in found.items()} == {
        "a": ["texts", "numbers"],
        "b": ["numbers"],
        "c": ["texts", "booleans"],
        "d": ["times"],
        "e": ["lists"],
        "f": ["objects"],
        "h": ["texts"],
        "i": [],
    }
    assert found["h"].empties == 1
    assert names(shop)["Typed"].conflicts == 2


def test_a_name_is_told_apart_by_its_kind(shop: Shop) -> None:
    send(shop, "Home", {"p": 1})
    send(shop, "Home", {"q": 1}, kind=3)
    drain(NOW)
    assert set(properties(shop, "Home", kind=1)) == {"p"}
    assert set(properties(shop, "Home", kind=3)) == {"q"}


def test_ids_in_names_fill_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SCHEMA_NAMES_MAX", 3)
    for n in range(10):
        send(shop, f"Viewed {n}")
    drain(NOW)
    send(shop, "Viewed 0")
    send(shop, "Viewed anew")
    drain(NOW)
    found = names(shop)
    assert set(found) == {"Viewed 0", "Viewed 1", "Viewed 2", ""}
    assert (found["Viewed 0"].events, found[""].events) == (2, 8)


def test_ids_in_keys_fill_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SCHEMA_PROPERTIES_MAX", 3)
    send(shop, "Keyed", {f"k{n}": n for n in range(5)})
    drain(NOW)
    send(shop, "Keyed", {"k0": 1, "k9": 1, "x" * 101: 1})
    drain(NOW)
    assert set(properties(shop, "Keyed")) == {"k0", "k1", "k2"}
    assert names(shop)["Keyed"].properties_dropped == 3


def test_a_thousand_keys_are_not_all_looked_at(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SCHEMA_KEYS_OF_EVENT_MAX", 10)
    send(shop, "Wide", {f"k{n}": n for n in range(1000)})
    drain(NOW)
    assert len(properties(shop, "Wide")) == 10


def test_only_a_sample_is_looked_into_and_rare_names_are_in_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SCHEMA_SAMPLE_OF_NAME_MAX", 4)
    monkeypatch.setattr(limits, "SCHEMA_SAMPLE_MAX", 6)
    for n in range(20):
        send(shop, "Common", {"n": n})
    send(shop, "Rare", {"once": 1})
    drain(NOW)
    found = names(shop)
    assert (found["Common"].events, found["Common"].sampled, found["Rare"].sampled) == (20, 4, 1)


def test_what_is_sent_no_more_fades(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SCHEMA_SAMPLED_MAX", 4)
    send(shop, "Fading", {"old": 1})
    for n in range(16):
        send(shop, "Fading", {"new": n})
        drain(NOW)
    assert set(properties(shop, "Fading")) == {"new"}
    found = names(shop)["Fading"]
    assert found.sampled < 4
    assert found.events == 17


@pytest.mark.parametrize(
    "sent", ['{"a": "\\u0000"}', '{"\\ud800": 1}', '{"a": {"b": "\\udfff"}}', "[1]", '"x"', "null"]
)
def test_what_cannot_be_read_stops_nobody(shop: Shop, sent: str) -> None:
    with for_shop(ShopId(shop.pk)) as cursor:
        open_staging(cursor)
        cursor.execute(
            "INSERT INTO pg_temp.event_staged (shop_id, name, occurred_at, message_id, user_id, properties) "
            "VALUES (%s, 'Odd', %s, 'odd', 'u', %s)",
            [shop.pk, NOW, sent],
        )
        record_staged(cursor, now=NOW, source="import", from_outside=True)
    send(shop, "Odd", {"good": 1})
    drain(NOW)
    assert names(shop)["Odd"].events == 2
    assert set(properties(shop, "Odd")) == {"good"}


def test_history_counts_where_it_arrived(shop: Shop) -> None:
    track(shop, "Past", user_id="u", at=NOW - timedelta(days=300), received_at=NOW, historical=True)
    drain(NOW)
    assert names(shop)["Past"].day == 1


def test_an_address_in_a_name_or_a_key_goes_with_its_person(shop: Shop) -> None:
    send(shop, "Viewed by Ana@example.com", {"n": 1})
    send(shop, "Kept", {"ana@example.com": 1, "fine": 1})
    drain(NOW)
    person = Person(shop=ShopId(shop.pk), ids=(), identifiers=("ana@example.com",))
    with for_shop(ShopId(shop.pk)) as cursor:
        EventsPrivacy().erase(cursor, person, remains=CustomerId(1), now=NOW)
    assert set(names(shop)) == {"Kept"}
    assert set(properties(shop, "Kept")) == {"fine"}
    assert properties(shop, "Viewed by Ana@example.com") == {}


def test_old_hours_and_forgotten_names_go(shop: Shop) -> None:
    send(shop, "Once")
    drain(NOW)
    later = NOW + timedelta(days=limits.SCHEMA_HOUR_DAYS + 1)
    SchemaTick().tick(VirtualClock(later))
    assert names(shop, later)["Once"].week == 0
    with for_shop(ShopId(shop.pk)) as cursor:
        assert cursor.execute("SELECT count(*) FROM events_schema_hour").fetchone() == (0,)
    SchemaTick().tick(VirtualClock(NOW + timedelta(days=limits.SCHEMA_NAME_DAYS + 1)))
    assert names(shop) == {}
    assert properties(shop, "Once") == {}
