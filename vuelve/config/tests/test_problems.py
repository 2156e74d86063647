"""The overview: what needs a person, today against the usual, and who came back."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from django.utils import translation

from vuelve.channels.customer_page import reachable_by
from vuelve.channels.problems import SQL as MESSAGES
from vuelve.channels.problems import MessageProblems
from vuelve.commerce import today
from vuelve.commerce.customer_page import CustomerOrdersPanel
from vuelve.commerce.panels import REPEATS, _share
from vuelve.events.problems import EventProblems
from vuelve.journeys.problems import JourneyProblems
from vuelve.journeys.services import install_builtins
from vuelve.platform.clock import real
from vuelve.platform.db import for_shop, without
from vuelve.platform.extension import Problem, ProblemSource, registry
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.shops import services_keys
from vuelve.shops.models import ApiKey, KeyKind, Membership, Shop
from vuelve.shops.problems import KeyProblems
from vuelve.shops.services import issue_key
from vuelve.shops.tests.people import browser_of, make_member, page_request
from vuelve.testing import make_shop

NOW = datetime(2026, 3, 10, 18, tzinfo=UTC)  # noon in Mexico City, a Tuesday


@pytest.fixture
def shop(log: None) -> Shop:
    return make_shop()


def sql(shop: Shop, query: str, *parameters: Any) -> None:
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute(query, [shop.pk, *parameters])


def found(source: ProblemSource, shop: Shop, member: Membership | None = None) -> Sequence[Problem]:
    request = page_request(shop, now=NOW)
    if member is not None:
        request.membership = member
    with translation.override("en"):
        return [
            Problem(str(each.text), each.tone, each.href, each.since)
            for each in source.problems(request, ShopId(shop.pk), now=NOW)
        ]


def order(
    shop: Shop, name: str, at: datetime, customer: int = 1, status: str = "paid", total: int = 1_000
) -> None:
    sql(
        shop,
        "INSERT INTO commerce_order (shop_id, order_id, ordered_at, customer_id, status, total_minor, subtotal_minor, currency, event_seq) "
        "VALUES (%s, %s, %s, %s, %s, %s, 0, 'MXN', 0)",
        name, at, customer, status, total,
    )  # fmt: skip


def test_a_shop_where_all_is_well(shop: Shop) -> None:
    member = make_member(shop, locale="en")
    for source in registry.problems:
        if not isinstance(source, KeyProblems):
            assert found(source, shop) == []
    order(shop, "A", real.now())
    page = browser_of(member).get(f"/s/{shop.slug}/").content.decode()
    assert "All is well: nothing waits for you." in page


def test_events_set_aside_and_refused(shop: Shop) -> None:
    sql(
        shop,
        "INSERT INTO events_quarantine SELECT %s, 'orders', n, 'm', 'error', %s FROM generate_series(1, 3) AS n",
        NOW,
    )
    rejected = "INSERT INTO events_rejected (shop_id, received_at, source, code, message, bytes, excerpt) SELECT %s, %s, 'api', 'x', 'x', 1, '' FROM generate_series(1, %s)"
    sql(shop, rejected, NOW, 19)
    assert [each.text for each in found(EventProblems(), shop)] == ["3 events could not be worked on"]
    sql(shop, rejected, NOW, 1)
    aside, refused = found(EventProblems(), shop)
    assert (refused.text, refused.tone, aside.tone, aside.since) == (
        "20 events were refused in a day",
        "warn",
        "bad",
        NOW,
    )
    assert "/data/" in aside.href
    assert found(EventProblems(), make_shop()) == []


@pytest.mark.parametrize(
    ("usual", "hours_ago", "is_silent"), [(70, 30, True), (68, 30, False), (70, 2, False)]
)
def test_silence_where_there_is_none_usually(shop: Shop, usual: int, hours_ago: int, is_silent: bool) -> None:
    hour = "INSERT INTO events_schema_hour VALUES (%s, 1, 'Order Completed', %s, %s)"
    sql(shop, hour, NOW - timedelta(days=3), usual)
    sql(shop, hour, NOW - timedelta(hours=hours_ago), 1)
    said = [each.text for each in found(EventProblems(), shop)]
    assert ("No event has arrived for a day" in said) == is_silent


@pytest.mark.parametrize(("failed", "sent", "is_told"), [(5, 100, True), (4, 0, False), (5, 1_000, False)])
def test_messages_that_fail(shop: Shop, failed: int, sent: int, is_told: bool) -> None:
    message = (
        "INSERT INTO channels_message (shop_id, customer_id, idempotency_key, channel, purpose, status, template_version_id, queued_at, due_at, finished_at) "
        "SELECT %s, n, %s || n, 'email', 'transactional', %s, 1, %s, %s, %s FROM generate_series(1, %s) AS n"
    )
    at = NOW - timedelta(hours=1)
    sql(shop, message, "f", "failed", at, at, at, failed)
    sql(shop, message, "d", "delivered", at, at, at, sent)
    assert bool(found(MessageProblems(), shop)) == is_told
    sql(shop, message, "q", "queued", at, at, None, 1)
    assert str(found(MessageProblems(), shop)[-1].text).startswith("Messages have been due for half an hour")


def test_what_we_record_ourselves_is_no_sign_of_life(shop: Shop) -> None:
    hour = "INSERT INTO events_schema_hour VALUES (%s, 1, %s, %s, %s)"
    sql(shop, hour, "Order Completed", NOW - timedelta(days=3), 500)
    sql(shop, hour, "Message Sent", NOW - timedelta(hours=2), 9)
    assert [each.text for each in found(EventProblems(), shop)] == ["No event has arrived for a day"]


def test_of_a_shop_that_sends_little_only_the_newest_messages_are_read(shop: Shop) -> None:
    old = NOW - timedelta(days=40)
    message = (
        "INSERT INTO channels_message (shop_id, customer_id, idempotency_key, channel, purpose, status, template_version_id, queued_at, due_at) "
        "SELECT %s, n, n, 'email', 'transactional', 'failed', 1, %s, %s FROM generate_series(1, 2000) AS n"
    )
    sql(shop, message, old, old)
    with for_shop(ShopId(shop.pk)) as cursor, without(cursor, "sort", "seqscan", "bitmapscan"):
        asked = {"shop": shop.pk, "rows": 50, "since": NOW - timedelta(days=1), "late": NOW}
        plan = cursor.execute(
            "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) " + MESSAGES["problems"], asked
        ).fetchall()
    said = "\n".join(row[0] for row in plan)
    assert "using channels_message_recent on channels_message (actual rows=50" in said
    assert "Removed by Filter: 2000" not in said


def test_runs_that_failed_lately(shop: Shop) -> None:
    [version, *_others] = install_builtins(shop=ShopId(shop.pk))
    run = (
        "INSERT INTO journeys_run (shop_id, customer_id, journey_id, version_id, entry_key, status, step_key, entered_step_at, entered_at, ended_at) "
        "SELECT %s, n, %s, %s, %s, %s, 'x', %s, %s, %s FROM generate_series(1, %s) AS n"
    )
    for status, at, runs in ((4, NOW - timedelta(days=8), 5), (1, NOW, 9)):
        sql(shop, run, version.journey_id, version.pk, f"{status}", status, at, at, at, runs)
    assert found(JourneyProblems(), shop) == []
    at = NOW - timedelta(days=1)
    sql(shop, run, version.journey_id, version.pk, "late", 4, at, at, at, 2)
    [problem] = found(JourneyProblems(), shop)
    assert (str(problem.text).endswith("2 runs failed in a week"), problem.since) == (True, at)


@pytest.mark.parametrize(
    ("email", "granted", "suppressed", "said"),
    [
        ("a@example.com", True, "", ["email"]), ("a@example.com", False, "", []), (None, True, "", []),
        ("a@example.com", True, "a@example.com", []), ("a@example.com", True, "b@example.com", ["email"]),
    ],
)  # fmt: skip
def test_by_which_channels_a_customer_is_reachable(
    shop: Shop, email: str | None, granted: bool, suppressed: str, said: list[str]
) -> None:
    sql(
        shop,
        "INSERT INTO customers_customer (shop_id, id, email, created_at, first_seen_at, last_seen_at) VALUES (%s, 1, %s, now(), now(), now())",
        email,
    )
    sql(
        shop,
        "INSERT INTO customers_consent (shop_id, customer_id, channel, purpose, is_granted, decided_at, message_id, source) VALUES (%s, 1, 'email', 'marketing', %s, now(), 'm', 'x')",
        granted,
    )
    if suppressed:
        sql(shop, "INSERT INTO channels_suppression VALUES (%s, 'email', %s, 'bounced', now())", suppressed)
    with for_shop(ShopId(shop.pk)) as cursor:
        assert reachable_by(cursor, ShopId(shop.pk), CustomerId(1)) == said


def test_a_key_that_was_replaced_and_is_used_still(shop: Shop) -> None:
    member = Membership.objects.select_related("member").get(member=make_member(shop), shop=shop)
    issue_key(shop=shop, kind=KeyKind.SECRET)
    key = ApiKey.objects.get(shop=shop)
    services_keys.rotate_key(by=member, key=key.pk, now=NOW - timedelta(hours=5))
    assert found(KeyProblems(), shop, member) == []
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=NOW - timedelta(hours=4))
    assert found(KeyProblems(), shop, member) == []  # there was time to put the new one everywhere
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=NOW - timedelta(hours=1))
    assert key.hint in str(found(KeyProblems(), shop, member)[0].text)
    viewer = Membership.objects.get(member=make_member(shop, role=cast(Any, "viewer")), shop=shop)
    assert found(KeyProblems(), shop, viewer) == []


def test_today_against_the_usual(shop: Shop) -> None:
    def said() -> list[tuple[str, str | None]]:
        with translation.override("en"):
            return [
                (tile.value, tile.change.before if tile.change else None)
                for tile in today.tiles(page_request(shop, now=NOW), now=NOW)
            ]

    order(shop, "now", NOW - timedelta(hours=1))
    order(shop, "cancelled", NOW - timedelta(hours=1), status="cancelled")
    order(shop, "yesterday", NOW - timedelta(days=1))
    assert said() == [("1", None), ("MX$10.00", None)]
    for week in (1, 2):
        for number in range(4):
            order(shop, f"w{week}-{number}", NOW - timedelta(weeks=week, hours=2))
        order(shop, f"w{week}-later", NOW - timedelta(weeks=week) + timedelta(hours=1))  # after this hour
    assert said() == [("1", "4"), ("MX$10.00", "MX$40.00")], "the weeks before its first order do not count"
    order(shop, "earlier", NOW - timedelta(days=23))
    assert said() == [("1", "2.7"), ("MX$10.00", "MX$26.66")], "a week without an order does"


def test_a_cancelled_order_is_not_the_last_one(shop: Shop) -> None:
    order(shop, "paid", NOW - timedelta(days=100))
    order(shop, "cancelled", NOW - timedelta(days=1), status="cancelled")
    with translation.override("en"), for_shop(ShopId(shop.pk)):
        context = CustomerOrdersPanel().context(page_request(shop, now=NOW), ShopId(shop.pk), CustomerId(1))
    assert context is not None
    assert [tile.value for tile in context["tiles"]] == ["1", "MX$10.00", "Nov 30, 2025"]


def test_who_came_back(shop: Shop) -> None:
    request = page_request(shop, now=NOW, days=7)
    assert _share(request, request.period) is None
    order(shop, "long-ago", NOW - timedelta(days=300), customer=1)
    order(shop, "back", NOW - timedelta(days=2), customer=1)
    order(shop, "new", NOW - timedelta(days=2), customer=2)
    order(shop, "cancelled-before", NOW - timedelta(days=20), customer=3, status="cancelled")
    order(shop, "first", NOW - timedelta(days=1), customer=3)
    order(shop, "merged-before", NOW - timedelta(days=9), customer=5)
    order(shop, "merged", NOW - timedelta(hours=1), customer=4)
    assert _share(request, request.period) == 1 / 4
    sql(
        shop,
        "INSERT INTO customers_alias (shop_id, customer_id, canonical_id, merged_at, reason) VALUES (%s, 5, 4, now(), 'x')",
    )
    assert _share(request, request.period) == 2 / 4
    assert REPEATS in registry.daily_figures


def test_an_order_names_what_was_bought(shop: Shop) -> None:
    order(shop, "A", NOW)
    item = "INSERT INTO commerce_item (shop_id, customer_id, order_id, line, ordered_at, product_id, quantity, price_minor, amount_minor) VALUES (%s, 1, 'A', %s, %s, %s, 1, 100, 100)"
    for line, product in enumerate(("p1", "p2", "p3", "p4", "p5"), 1):
        sql(shop, item, line, NOW, product)
    sql(
        shop,
        "INSERT INTO commerce_product (shop_id, product_id, name, updated_at) VALUES (%s, 'p2', 'Aurora X10', now())",
    )
    with translation.override("en"), for_shop(ShopId(shop.pk)):
        context = CustomerOrdersPanel().context(page_request(shop, now=NOW), ShopId(shop.pk), CustomerId(1))
    assert context is not None
    assert (context["orders"][0]["items"], context["orders"][0]["more"]) == (["p1", "Aurora X10", "p3"], 2)


@pytest.mark.parametrize(("role", "is_offered"), [("owner", True), ("viewer", False)])
def test_the_search_offers_what_one_may_do(shop: Shop, role: str, is_offered: bool) -> None:
    member = make_member(shop, role=cast(Any, role), locale="es")
    page = browser_of(member).get(f"/s/{shop.slug}/search?q=INVITAR").content.decode()
    assert ("Invitar a alguien" in page) == is_offered
    assert "Esquema" in browser_of(member).get(f"/s/{shop.slug}/search?q=esquema").content.decode()
