import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from vuelve.demo.replay import STEP as REPLAY_STEP
from vuelve.demo.simulator import ShipmentUpdate, deliveries, person

ORDERED_AT = datetime(2026, 2, 3, 22, 15, tzinfo=UTC)
ORDER = ["packed", "in_transit", "out_for_delivery", "delivered"]


def _updates(count: int) -> list[list[ShipmentUpdate]]:
    return [
        deliveries(order_id=str(number), ordered_at=ORDERED_AT, buyer=person(number % 2469 + 1))
        for number in range(count)
    ]


def test_people_and_parcels_are_the_same_in_every_run() -> None:
    # The digest changes when somebody changes the simulator: then the demo changes too, and this line with it.
    everything = [person(household) for household in range(1, 2470)], _updates(500)
    digest = hashlib.sha256(repr(everything).encode()).hexdigest()
    assert digest[:16] == "04bb0449cdd9b413"


def test_a_person_does_not_depend_on_who_was_asked_for_before() -> None:
    person.cache_clear()
    alone = person(77)
    person.cache_clear()
    for household in range(1, 100):
        person(household)
    assert person(77) == alone


def test_nobody_can_be_written_to() -> None:
    people = [person(household) for household in range(1, 2470)]
    addresses = [who.email for who in people if who.email]
    assert all(address.endswith("@example.com") and address.isascii() for address in addresses)
    assert len(set(addresses)) == len(addresses)
    assert 40 < len(people) - len(addresses) < 120


def test_shares_are_plausible() -> None:
    people = [person(household) for household in range(1, 2470)]
    countries = Counter(who.market.country for who in people)
    assert set(countries) == {"MX", "BR", "US", "ES", "CO", "AR"}
    assert countries.most_common(1)[0][0] == "MX"
    subscribed = sum(who.is_subscribed for who in people)
    assert 0.75 < subscribed / len(people) < 0.85
    assert 20 < sum(who.leaves_after is not None for who in people) < 100
    assert not any(who.is_subscribed and not who.email for who in people)
    assert not any(who.leaves_after and not who.is_subscribed for who in people)
    for who in people:
        ZoneInfo(who.time_zone)


def test_milestones_happen_in_order_and_by_day_at_the_door() -> None:
    for updates in _updates(500):
        for shipment in {update.shipment_id for update in updates}:
            happened = {update.status: update for update in updates if update.shipment_id == shipment}
            assert list(happened) != []
            times = [happened[status].occurred_at for status in ORDER]
            gaps = [after - before for before, after in pairwise([ORDERED_AT, *times])]
            assert min(gaps) > REPLAY_STEP
            zone = ZoneInfo(person(int(happened["packed"].order_id) % 2469 + 1).time_zone)
            assert 7 <= times[2].astimezone(zone).hour < 10
            assert times[3].astimezone(zone).date() == happened["delivered"].eta_date


def test_to_brazil_takes_ten_days_or_more() -> None:
    brazilian = next(who for who in map(person, range(1, 100)) if who.market.country == "BR")
    for number in range(100):
        updates = deliveries(order_id=f"br-{number}", ordered_at=ORDERED_AT, buyer=brazilian)
        assert max(update.occurred_at for update in updates) - ORDERED_AT > timedelta(days=9)


def test_webhooks_come_late_twice_and_again() -> None:
    streams = _updates(500)
    repeated = resent = out_of_order = 0
    for updates in streams:
        assert updates == sorted(updates, key=lambda update: (update.arrives_at, update.message_id))
        assert all(update.arrives_at > update.occurred_at for update in updates)
        ids = Counter(update.message_id for update in updates)
        repeated += sum(count - 1 for count in ids.values())
        resent += sum(message_id.endswith("-again") for message_id in ids)
        happened = [update.occurred_at for update in updates]
        out_of_order += happened != sorted(happened)
    assert min(repeated, resent, out_of_order) >= 10
