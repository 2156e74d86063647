"""The whole demo on some thirty households, once; each test looks at one promise of it."""

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from vuelve.channels.rules import QUIET_FROM, QUIET_UNTIL
from vuelve.demo.data import Retailer
from vuelve.demo.feed import Sent
from vuelve.demo.replay import live_events
from vuelve.demo.run import run
from vuelve.demo.schedule import schedule
from vuelve.demo.shop import CROSS_SELL_CATEGORY, SLUG
from vuelve.demo.simulator import person
from vuelve.demo.summary import Summary
from vuelve.demo.tests.conftest import needs_data
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import fetch_dicts, for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import ShopId
from vuelve.shops.models import AuditEntry, Membership, Role, Shop

pytestmark = needs_data

NOW = datetime(2026, 3, 3, 18, tzinfo=UTC)  # a Tuesday: the data ended on Sunday
STEP = timedelta(hours=6)
BUY_CAMERAS = [1303, 2309, 973, 345, 2305, 1987, 2121, 83, 2375, 338, 2007, 485, 2486]
BUY_CAMERAS_UNSUBSCRIBED = [2450, 46]
LEAVE = [34, 37, 87, 112, 117, 278]
WITHOUT_EMAIL = [98, 154, 1615]
NEW = [814, 2348, 60]  # their first order is a live one
HOUSEHOLDS = [*BUY_CAMERAS, *BUY_CAMERAS_UNSUBSCRIBED, *LEAVE, *WITHOUT_EMAIL, *NEW, 1, 2, 3]

MESSAGES = """
    SELECT m.id, m.status, m.reason, m.purpose, m.sent_at, m.queued_at, m.data, m.subject, j.key AS journey,
           replace(c.user_id, 'household-', '')::integer AS household, p.properties ->> 'order_id' AS order_id,
           p.properties ->> 'shipment_id' AS shipment_id, p.properties ->> 'milestone' AS milestone, p.occurred_at
    FROM channels_message m
    JOIN journeys_journey j ON j.shop_id = m.shop_id AND j.id = m.journey_id
    JOIN customers_customer c ON c.shop_id = m.shop_id AND c.id = m.customer_id
    JOIN events_event p ON p.shop_id = m.shop_id AND p.xid = m.event_xid AND p.seq = m.event_seq
    WHERE m.shop_id = %s ORDER BY m.id
"""


@pytest.fixture(scope="module")
def retailer() -> Retailer:
    return Retailer(HOUSEHOLDS)


@pytest.fixture(scope="module")
def summary(log: None) -> Summary:
    return run(clock=VirtualClock(NOW), households=HOUSEHOLDS, step=STEP)


@pytest.fixture(scope="module")
def shop(summary: Summary) -> Shop:
    return Shop.objects.get(slug=SLUG)


@pytest.fixture(scope="module")
def messages(shop: Shop) -> list[dict[str, Any]]:
    return _rows(shop, MESSAGES)


def _rows(shop: Shop, statement: str) -> list[dict[str, Any]]:
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute(statement, [shop.pk])
        rows = fetch_dicts(cursor)
    for row in rows:
        if "data" in row:
            row["data"] = json.loads(row["data"])
    return rows


@pytest.fixture(scope="module")
def sent_by_store(retailer: Retailer) -> list[Sent]:
    return live_events(retailer, schedule(NOW), until=NOW)


def test_all_is_there_to_the_cent(summary: Summary, retailer: Retailer) -> None:
    totals = retailer.totals()
    assert summary.problems == []
    assert summary.customers == totals.households == len(HOUSEHOLDS)
    assert (summary.orders, summary.order_lines) == (totals.orders, totals.lines)
    assert list(summary.seconds) == ["prepare", "import", "replay", "total"]


def test_events_from_outside_are_counted_once(
    summary: Summary, retailer: Retailer, sent_by_store: list[Sent]
) -> None:
    history = [each for each in retailer.households() if each.id not in NEW]
    consents = sum(person(each.id).is_subscribed for each in history)
    historical_orders = retailer.totals().orders - sum(e.name == "Order Completed" for e in sent_by_store)
    live = {event.message_id for event in sent_by_store}
    assert len(live) < len(sent_by_store)  # carriers repeat themselves
    assert summary.events == len(history) + consents + historical_orders + len(live)


def test_each_live_order_is_thanked_for_and_no_other(shop: Shop) -> None:
    rows = _rows(
        shop,
        "SELECT o.historical, count(*) AS orders, count(r.id) AS runs FROM commerce_order o "
        "LEFT JOIN journeys_run r ON r.shop_id = o.shop_id AND r.customer_id = o.customer_id AND r.entry_key = o.order_id "
        "AND r.journey_id = (SELECT id FROM journeys_journey j WHERE j.shop_id = o.shop_id AND j.key = 'thank_you') "
        "WHERE o.shop_id = %s GROUP BY o.historical ORDER BY o.historical",
    )
    live, past = rows
    assert past["runs"] == 0
    assert live["runs"] == live["orders"] > 100


def test_milestones_are_told_in_order_and_once(messages: list[dict[str, Any]]) -> None:
    order = ["confirmed", "packed", "in_transit", "out_for_delivery", "delivered"]
    told: dict[tuple[str, str | None], list[tuple[datetime, int]]] = defaultdict(list)
    for message in messages:
        if message["journey"] == "milestones":
            step = message["queued_at"], order.index(message["milestone"])
            told[message["order_id"], message["shipment_id"]].append(step)
    assert any(len(steps) == 4 for steps in told.values())
    for steps in told.values():
        milestones = [milestone for _, milestone in sorted(steps)]
        assert milestones == sorted(set(milestones))


def test_nothing_is_sent_before_it_happened(messages: list[dict[str, Any]]) -> None:
    for message in messages:
        if message["sent_at"]:
            assert message["occurred_at"] < message["queued_at"] <= message["sent_at"] <= NOW


def test_promotions_respect_quiet_hours_where_the_reader_is(messages: list[dict[str, Any]]) -> None:
    promotions = [m for m in messages if m["purpose"] == "marketing" and m["status"] == "delivered"]
    waited = 0
    for message in promotions:
        zone = ZoneInfo(person(message["household"]).time_zone)
        assert QUIET_UNTIL <= message["sent_at"].astimezone(zone).time() < QUIET_FROM
        waited += message["sent_at"] > message["queued_at"]
    assert waited >= 5


def test_news_of_an_order_does_not_wait(messages: list[dict[str, Any]]) -> None:
    news = [m for m in messages if m["purpose"] == "transactional" and m["status"] == "delivered"]
    assert news
    assert all(message["sent_at"] == message["queued_at"] for message in news)


def test_who_has_no_address_is_sent_nothing(messages: list[dict[str, Any]], summary: Summary) -> None:
    theirs = [m for m in messages if m["household"] in WITHOUT_EMAIL]
    assert {m["reason"] for m in theirs if m["purpose"] == "transactional"} == {"no_address"}
    assert {m["status"] for m in theirs} == {"withheld"}
    assert summary.withheld["no_address"] == sum(m["reason"] == "no_address" for m in messages)


def test_without_consent_no_promotion(messages: list[dict[str, Any]], summary: Summary) -> None:
    promotions = [m for m in messages if m["purpose"] == "marketing"]
    refused = [m for m in promotions if m["reason"] == "no_consent"]
    assert summary.withheld["no_consent"] == len(refused)
    never = [m for m in promotions if not person(m["household"]).is_subscribed]
    assert never
    assert {m["status"] for m in never} == {"withheld"}
    # And from those who were subscribed all the time nothing is withheld.
    loyal = [m for m in promotions if person(m["household"]).is_subscribed and m["household"] not in LEAVE]
    assert "withheld" not in {m["status"] for m in loyal}


def test_a_revoked_consent_counts_from_then_on(
    messages: list[dict[str, Any]], sent_by_store: list[Sent]
) -> None:
    left_at = {
        int(e.user_id.removeprefix("household-")): e.occurred_at
        for e in sent_by_store
        if e.name == "Consent Revoked"
    }
    after = 0
    for message in messages:
        at = left_at.get(message["household"])
        if at is not None and message["purpose"] == "marketing":
            is_after = message["queued_at"] > at + STEP
            after += is_after
            assert not is_after or message["reason"] == "no_consent"
    assert after


def test_three_days_after_a_camera_an_offer_with_a_coupon(
    shop: Shop, messages: list[dict[str, Any]], retailer: Retailer
) -> None:
    when = schedule(NOW)
    expected = {
        order.id: when.shifted(order.ordered_at)
        for order in retailer.orders(*when.live_weeks)
        if f'"{CROSS_SELL_CATEGORY}"' in order.properties
    }
    offers = {m["order_id"]: m for m in messages if m["journey"] == "cross_sell"}
    due = {order_id for order_id, at in expected.items() if at + timedelta(days=3) + STEP < NOW}
    assert len(due) >= 10
    assert due <= set(offers) <= set(expected)
    for order_id, offer in offers.items():
        assert timedelta(days=3) <= offer["queued_at"] - expected[order_id] <= timedelta(days=3) + 2 * STEP
    codes = [offer["data"]["coupon"]["code"] for offer in offers.values()]
    assert len(set(codes)) == len(codes)
    issued = _rows(shop, "SELECT code, percent FROM commerce_coupon WHERE shop_id = %s")
    assert {coupon["code"] for coupon in issued} == set(codes)
    assert {coupon["percent"] for coupon in issued} == {10}


def test_the_shop_says_that_it_is_a_demo(shop: Shop) -> None:
    assert shop.is_demo
    assert Membership.objects.get(shop=shop).role == Role.OWNER
    with for_shop(ShopId(shop.pk)):
        assert AuditEntry.objects.filter(shop=shop, action="Demo Finished").count() == 1


def test_a_second_run_changes_nothing(shop: Shop, summary: Summary) -> None:
    with pytest.raises(VuelveError, match="shop_exists"):
        run(clock=VirtualClock(NOW), households=HOUSEHOLDS, step=STEP)
    [events] = _rows(shop, "SELECT count(*) AS count FROM events_event WHERE shop_id = %s AND origin = 0")
    assert events["count"] == summary.events
