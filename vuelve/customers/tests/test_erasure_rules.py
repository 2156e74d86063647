"""How erased people are known again, and what becomes of events that name them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vuelve.customers.contracts import IdentifierKind
from vuelve.customers.rules.erasure import (
    Match,
    NamedEvent,
    Verdict,
    hash_identifier,
    hash_key,
    judge,
    reopenings,
)
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop

ERASED = datetime(2026, 3, 10, 12, tzinfo=UTC)
AFTER, BEFORE = ERASED + timedelta(days=2), ERASED - timedelta(days=2)
EMAIL = Match(kind=IdentifierKind.EMAIL, erasure=1, remains=9, erased_at=ERASED, reopened_at=None)
DEVICE = replace(EMAIL, kind=IdentifierKind.ANONYMOUS)
REOPENING = {"Order Completed", "Consent Granted"}


def event(
    at: datetime, *, name: str = "Product Viewed", matches: tuple[Match, ...] = (EMAIL,), **more: object
) -> NamedEvent:
    facts = {"historical": False, "can_be_bare": False, "is_known": False} | more
    return NamedEvent(seq=1, name=name, occurred_at=at, matches=matches, **facts)  # type: ignore[arg-type]


def verdict(of: NamedEvent, reopened: dict[int, datetime] | None = None) -> Verdict:
    return judge(of, reopened or {})[0]


@pytest.mark.parametrize("at", [BEFORE, ERASED, AFTER])
def test_without_an_order_or_an_opt_in_nothing_is_taken(at: datetime) -> None:
    assert verdict(event(at)) == Verdict.DROP
    assert verdict(event(at, historical=True)) == Verdict.DROP
    assert verdict(event(at, can_be_bare=True)) == Verdict.BARE


def test_whoever_is_back_is_taken_from_then_on_and_not_from_before() -> None:
    back = {1: AFTER}
    assert verdict(event(AFTER), back) == Verdict.TAKE_UNSTATED
    assert verdict(event(AFTER - timedelta(seconds=1)), back) == Verdict.DROP
    assert verdict(event(AFTER + timedelta(days=1), historical=True), back) == Verdict.DROP
    known = replace(EMAIL, reopened_at=AFTER)
    assert verdict(event(AFTER, matches=(known,))) == Verdict.TAKE_UNSTATED


def test_only_a_live_order_or_opt_in_after_the_erasure_brings_somebody_back() -> None:
    order = event(AFTER, name="Order Completed")
    assert reopenings([order], REOPENING) == {1: AFTER}
    assert reopenings([replace(order, historical=True)], REOPENING) == {}
    assert reopenings([replace(order, occurred_at=ERASED)], REOPENING) == {}
    assert reopenings([replace(order, left=9)], REOPENING) == {}
    assert reopenings([replace(order, matches=(DEVICE,))], REOPENING) == {}
    assert reopenings([event(AFTER)], REOPENING) == {}
    earlier = replace(order, occurred_at=AFTER - timedelta(days=1))
    assert (
        reopenings([order, earlier], REOPENING)
        == reopenings([earlier, order], REOPENING)
        == {1: earlier.occurred_at}
    )


def test_a_living_customers_event_loses_the_identifier_and_is_taken() -> None:
    assert judge(event(AFTER, is_known=True), {}) == (Verdict.STRIP, [EMAIL])


def test_a_device_is_free_again_once_the_person_is_erased() -> None:
    assert verdict(event(AFTER, matches=(DEVICE,))) == Verdict.TAKE
    assert verdict(event(BEFORE, matches=(DEVICE,))) == Verdict.DROP
    assert verdict(event(AFTER, matches=(EMAIL, DEVICE)), {1: AFTER}) == Verdict.TAKE_UNSTATED


def test_news_of_what_was_left_behind_is_bare_even_when_the_person_is_back() -> None:
    assert verdict(event(AFTER, left=9, can_be_bare=True), {1: AFTER}) == Verdict.BARE


def test_the_database_computes_the_same_hash(shop: Shop) -> None:
    key = hash_key(shop.signing_key)
    for kind, value in ((2, "ana@example.com"), (1, "ñandú 🦤"), (3, "+525512345678"), (4, "x" * 255)):
        with for_shop(ShopId(shop.pk)) as cursor:
            row = cursor.execute(
                "SELECT encode(sha256(%s::bytea || sha256(%s::bytea || convert_to(%s || ':' || %s, 'UTF8'))), 'hex')",
                [key.outer, key.inner, str(kind), value],
            ).fetchone()
        assert row == (hash_identifier(shop.signing_key, kind, value),)
    assert hash_identifier("one shop", 2, "a@b.c") != hash_identifier("another", 2, "a@b.c")
    assert hash_identifier("one shop", 2, "1") != hash_identifier("one shop", 1, "1")
