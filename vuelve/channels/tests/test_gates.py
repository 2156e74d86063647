"""The policy gate: who is written to, who is not and why, who later."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest

from vuelve.channels import services
from vuelve.channels.gates import all_gates
from vuelve.channels.tests.samples import (
    NIGHT,
    NOON,
    add_customer,
    consent,
    dispatch,
    message,
    publish,
    queue,
    told,
)
from vuelve.platform.db import Cursor, for_shop
from vuelve.platform.extension import Gate, registry
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop
from vuelve.testing import make_shop

MORNING = datetime(2026, 3, 11, 14, 0, tzinfo=UTC)  # 08:00 in Mexico City, after NIGHT


def outcome(shop: Shop, message_id: int) -> tuple[str, str | None]:
    row = message(shop, message_id)
    return row["status"], row["reason"]


SENT = ("delivered", None)
REFUSED = ("withheld", "no_consent")


@pytest.mark.parametrize(
    ("purpose", "consents", "expected"),
    [
        ("transactional", {}, SENT),
        ("transactional", {"marketing": False, "loyalty": False, "survey": False}, SENT),
        ("marketing", {}, REFUSED),
        ("marketing", {"marketing": True}, SENT),
        ("marketing", {"marketing": False}, REFUSED),
        ("marketing", {"loyalty": True, "survey": True}, REFUSED),
        ("survey", {}, REFUSED),
        ("survey", {"survey": True}, SENT),
        ("survey", {"marketing": True}, SENT),  # a survey counts as marketing
        ("survey", {"marketing": True, "survey": False}, REFUSED),
        ("survey", {"marketing": False}, REFUSED),
        ("loyalty", {}, REFUSED),
        ("loyalty", {"loyalty": True}, SENT),
        ("loyalty", {"marketing": True}, SENT),  # an opt-in to the channel
        ("loyalty", {"marketing": True, "loyalty": False}, REFUSED),
        ("loyalty", {"marketing": False}, REFUSED),
    ],
)
def test_consent(
    shop: Shop, purpose: str, consents: dict[str, bool], expected: tuple[str, str | None]
) -> None:
    customer = add_customer(shop, consents=consents)
    pk = queue(shop, customer, publish(shop, purpose=purpose), purpose=purpose)
    dispatch(NOON)
    assert outcome(shop, pk) == expected
    assert [name for name, _ in told(shop)] == ["Message Sent" if expected == SENT else "Message Withheld"]


def test_consent_is_that_of_the_channel_and_of_the_shop(shop: Shop) -> None:
    other = make_shop()
    customer = add_customer(shop)
    consent(shop, customer, "marketing", is_granted=True, channel="sms")
    with for_shop(ShopId(other.pk)) as cursor:  # the same number in another shop
        cursor.execute(
            "INSERT INTO customers_consent (shop_id, customer_id, channel, purpose, is_granted, decided_at, message_id, source) "
            "VALUES (%s, %s, 'email', 'marketing', true, %s, 'x', 'x')",
            [other.pk, customer, NOON],
        )
    pk = queue(shop, customer, publish(shop), purpose="marketing")
    dispatch(NOON)
    assert outcome(shop, pk) == REFUSED


def test_what_is_withheld_is_kept_told_and_never_sent(shop: Shop) -> None:
    pk = queue(shop, add_customer(shop), publish(shop), purpose="marketing")
    dispatch(NOON)
    row = message(shop, pk)
    assert (row["sent_at"], row["finished_at"], row["attempts"], row["provider"]) == (None, NOON, 0, None)
    [(name, properties)] = told(shop)
    assert name == "Message Withheld"
    assert properties["reason"] == "no_consent"
    assert (properties["message_id"], properties["channel"], properties["purpose"]) == (
        str(pk),
        "email",
        "marketing",
    )
    dispatch(NOON + timedelta(days=1))
    assert outcome(shop, pk) == REFUSED
    assert len(told(shop)) == 1


@pytest.mark.parametrize(
    ("reason", "purpose", "expected"),
    [
        ("bounced", "marketing", ("withheld", "suppressed")),
        ("bounced", "transactional", ("withheld", "suppressed")),
        ("unsubscribed", "marketing", ("withheld", "suppressed")),
        ("unsubscribed", "transactional", SENT),
    ],
)
def test_suppression(shop: Shop, reason: str, purpose: str, expected: tuple[str, str | None]) -> None:
    customer = add_customer(shop, email="Ana@example.com", consents={"marketing": True})
    services.suppress(
        shop=ShopId(shop.pk), channel="email", address=" ana@EXAMPLE.com", reason=reason, now=NOON
    )
    pk = queue(shop, customer, publish(shop), purpose=purpose)
    dispatch(NOON)
    assert outcome(shop, pk) == expected


def test_suppression_is_that_of_the_shop(shop: Shop) -> None:
    other = make_shop()
    customer = add_customer(shop, email="ana@example.com")
    services.suppress(
        shop=ShopId(other.pk), channel="email", address="ana@example.com", reason="bounced", now=NOON
    )
    pk = queue(shop, customer, publish(shop))
    dispatch(NOON)
    assert outcome(shop, pk) == SENT


@pytest.mark.parametrize("email", [None, ""])
def test_without_an_address(shop: Shop, email: str | None) -> None:
    customer = add_customer(shop, email=None)
    if email is not None:
        with for_shop(ShopId(shop.pk)) as cursor:
            cursor.execute("UPDATE customers_customer SET email = '' WHERE id = %s", [customer])
    pk = queue(shop, customer, publish(shop))
    gone = queue(shop, 10**12, publish(shop))  # erased since
    dispatch(NOON)
    assert outcome(shop, pk) == ("withheld", "no_address")
    assert outcome(shop, gone) == ("withheld", "no_address")


def test_a_merged_customer_is_written_to_as_who_they_are_now(shop: Shop) -> None:
    before = add_customer(shop, email="old@example.com", consents={"marketing": False})
    after = add_customer(shop, email="new@example.com", consents={"marketing": True})
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute(
            "INSERT INTO customers_alias (shop_id, customer_id, canonical_id, merged_at, reason) VALUES (%s, %s, %s, %s, 'x')",
            [shop.pk, before, after, NOON],
        )
    pk = queue(shop, before, publish(shop), purpose="marketing")
    dispatch(NOON)
    assert outcome(shop, pk) == SENT
    assert message(shop, pk)["address"] == "new@example.com"
    with for_shop(ShopId(shop.pk)) as cursor:
        rows = cursor.execute("SELECT customer_id FROM events_event WHERE source = 'channels'").fetchall()
    assert rows == [(after,)]


ALL = {"marketing": True, "survey": True, "loyalty": True}


@pytest.mark.parametrize("purpose", ["marketing", "survey", "loyalty"])
def test_promotions_wait_until_morning_and_are_gated_again(shop: Shop, purpose: str) -> None:
    version = publish(shop)
    stays, leaves = add_customer(shop, consents=ALL), add_customer(shop, consents=ALL)
    first, second = (
        queue(shop, stays, version, purpose=purpose),
        queue(shop, leaves, version, purpose=purpose),
    )
    dispatch(NIGHT)
    for pk in (first, second):
        row = message(shop, pk)
        assert (row["status"], row["reason"], row["due_at"]) == ("queued", "quiet_hours", MORNING)
    assert told(shop) == []
    dispatch(MORNING - timedelta(seconds=1))
    assert outcome(shop, first) == ("queued", "quiet_hours")
    consent(shop, leaves, purpose, is_granted=False)
    dispatch(MORNING)
    assert outcome(shop, first) == SENT
    assert outcome(shop, second) == REFUSED


def test_news_of_an_order_does_not_wait(shop: Shop) -> None:
    pk = queue(shop, add_customer(shop), publish(shop))
    dispatch(NIGHT)
    assert outcome(shop, pk) == SENT


@pytest.mark.parametrize(
    ("columns", "is_quiet"),
    [
        ({}, True),  # the shop's zone: Mexico City, 23:30
        ({"time_zone": "America/Mexico_City"}, True),
        ({"time_zone": "Europe/Madrid"}, True),  # 06:30
        ({"time_zone": "Asia/Tokyo"}, False),  # 14:30
        ({"country": "JP"}, False),  # the country's zone
        ({"country": "JP", "time_zone": "America/Mexico_City"}, True),  # their own before the country's
        ({"country": "ZZ"}, True),
        ({"time_zone": "Mars/Olympus"}, True),  # no such zone: the shop's, and nobody else is stopped
    ],
)
def test_quiet_hours_are_those_of_the_recipient(shop: Shop, columns: dict[str, Any], is_quiet: bool) -> None:
    pk = queue(shop, add_customer(shop, consents=ALL, **columns), publish(shop), purpose="marketing")
    dispatch(NIGHT)
    assert outcome(shop, pk) == (("queued", "quiet_hours") if is_quiet else SENT)


@pytest.mark.parametrize(
    ("expires_at", "purpose", "expected"),
    [
        ("2026-03-11T13:59:59+00:00", "marketing", ("withheld", "offer_lapsed")),
        ("2026-03-11T14:00:00Z", "marketing", ("withheld", "offer_lapsed")),
        ("2026-03-11T14:00:01+00:00", "marketing", ("queued", "quiet_hours")),
        ("2026-03-11T13:00:00+00:00", "transactional", SENT),
        ("no date", "marketing", ("queued", "quiet_hours")),
        (None, "marketing", ("queued", "quiet_hours")),
    ],
)
def test_an_offer_that_lapses_meanwhile_is_not_sent(
    shop: Shop, expires_at: str | None, purpose: str, expected: tuple[str, str | None]
) -> None:
    data = {"coupon": {"code": "A", "expires_at": expires_at}}
    pk = queue(shop, add_customer(shop, consents=ALL), publish(shop), purpose=purpose, data=data)
    dispatch(NIGHT)
    assert outcome(shop, pk) == expected


def test_an_offer_that_has_lapsed_in_the_queue_is_not_sent_by_day_either(shop: Shop) -> None:
    data = {"coupon": {"code": "A", "expires_at": (NOON - timedelta(seconds=1)).isoformat()}}
    pk = queue(shop, add_customer(shop, consents=ALL), publish(shop), purpose="marketing", data=data)
    dispatch(NOON)
    assert outcome(shop, pk) == ("withheld", "offer_lapsed")


class EveryOther:
    """A gate of another package: a cap."""

    name: ClassVar[str] = "cap"
    order: ClassVar[int] = 70

    def apply(self, cursor: Cursor, now: datetime) -> None:
        cursor.execute(
            "UPDATE pg_temp.gate_batch SET verdict = 'withheld', reason = 'capped' WHERE verdict IS NULL AND id % 2 = 0"
        )


@pytest.fixture
def capped() -> Iterator[None]:
    gate: Gate = EveryOther()
    registry.gates.append(gate)
    yield
    registry.gates.remove(gate)


def test_other_packages_add_gates(shop: Shop, capped: None) -> None:
    version = publish(shop)
    pks = [queue(shop, add_customer(shop), version) for _ in range(4)]
    dispatch(NOON)
    assert [outcome(shop, pk) for pk in pks] == [
        ("withheld", "capped") if pk % 2 == 0 else SENT for pk in pks
    ]


def test_ours_run_whether_they_are_plugged_in_or_not(capped: None) -> None:
    assert [gate.name for gate in all_gates()] == [
        "consent",
        "suppression",
        "address",
        "quiet_hours",
        "cap",
        "offer",
    ]
