"""A sandbox: filled, emptied, killed half-way; nothing leaves it, and nothing else is ever emptied."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, transaction
from django.db.utils import ProgrammingError

from vuelve.channels.claiming import _provider
from vuelve.channels.contracts import KeepingProvider
from vuelve.events.consuming import drain
from vuelve.events.sources import connecting
from vuelve.platform import jobs
from vuelve.platform.clock import VirtualClock, real
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import registry
from vuelve.platform.ids import ShopId
from vuelve.sandbox import services
from vuelve.sandbox.generating import CUSTOMERS, Plan, events
from vuelve.shops.contracts import ShopFacts
from vuelve.shops.models import Membership, Role, Sandbox, SandboxState, Shop
from vuelve.shops.queries import facts_of
from vuelve.shops.tests.people import make_member
from vuelve.testing import make_shop

PLAN = Plan("seed", datetime(2026, 3, 1, 12, tzinfo=UTC), "MXN", "MX", "es-MX")
# What stays when a sandbox is emptied: who works there, what they did, and the shop itself.
STAYS = {
    "shops_membership",
    "shops_apikey",
    "shops_invitation",
    "shops_auditentry",
    "shops_retention",
    "shops_sandbox",
}


def owner_of(shop: Shop, role: Role = Role.OWNER) -> Membership:
    member = make_member(shop, role=role, locale="en")
    return Membership.objects.select_related("member", "shop").get(member=member, shop=shop)


@pytest.fixture
def by(log: None) -> Membership:
    """The owner of a sandbox, in it."""
    sandbox = services.make(by=owner_of(make_shop()))
    return Membership.objects.select_related("member", "shop").get(shop=sandbox)


def state(shop: ShopId) -> Sandbox:
    with for_shop(shop):
        return Sandbox.objects.get(shop_id=shop)


def count(shop: ShopId, table: str) -> int:
    with for_shop(shop) as cursor:
        row = cursor.execute(f"SELECT count(*) FROM {table} WHERE shop_id = %s", [shop]).fetchone()
    assert row is not None
    return int(row[0])


def tables(database: str) -> list[str]:
    """All that have a shop."""
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'shop_id' "
            "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        ).fetchall()
    return [row[0] for row in rows]


def filled(by: Membership) -> ShopId:
    shop = ShopId(by.shop_id)
    services.ask_to_fill(by=by, now=real.now())
    jobs.run_pending()
    drain(clock=VirtualClock(real.now()))
    return shop


def test_what_is_made_up_follows_from_the_plan() -> None:
    made = events(PLAN)
    assert made == events(PLAN)
    assert len({event.message_id for event in made}) == len(made) > CUSTOMERS * 5
    assert made[-1].occurred_at <= PLAN.base_at
    assert {event.email.rpartition("@")[2] for event in made if event.email} == {"example.com"}
    assert events(Plan("other", PLAN.base_at, "MXN", "MX", "es-MX")) != made
    names = {event.name for event in made}
    assert names >= {
        "identify",
        "Consent Granted",
        "Product Viewed",
        "Product Added",
        "Order Completed",
        "Shipment Updated",
        "Order Refunded",
    }


def test_filled_by_a_button(by: Membership) -> None:
    shop = filled(by)
    assert state(shop).state == SandboxState.FILLED
    assert state(shop).events == state(shop).events_max > 0
    assert count(shop, "customers_customer") == CUSTOMERS
    assert count(shop, "commerce_order") > CUSTOMERS / 2  # some 340, by the shop's own seed
    assert count(shop, "commerce_rejected") == 0
    assert count(shop, "loyalty_account") > 50
    assert count(shop, "journeys_run") > 0
    before = count(shop, "events_event")
    with pytest.raises(VuelveError, match="sandbox_busy"):
        services.ask_to_fill(by=by, now=real.now())
    services.fill(shop=shop)  # a job that was late
    assert count(shop, "events_event") == before


def test_the_same_job_twice_appends_nothing_twice(by: Membership) -> None:
    shop = ShopId(by.shop_id)
    services.ask_to_fill(by=by, now=real.now())
    services.fill(shop=shop)
    once = count(shop, "events_event")
    with for_shop(shop):
        Sandbox.objects.filter(shop_id=shop).update(state=SandboxState.FILLING)
    services.fill(shop=shop)
    with for_shop(shop) as cursor:
        row = cursor.execute(
            "SELECT count(*) FROM events_event WHERE shop_id = %s AND source = 'sandbox'", [shop]
        ).fetchone()
    assert row == (len(events(_plan(shop))),)
    assert count(shop, "events_event") == once


def _plan(shop: ShopId) -> Plan:
    of = Shop.objects.get(pk=shop)
    base_at = state(shop).base_at
    assert base_at is not None
    return Plan(of.signing_key, base_at, of.currency, of.country, f"{of.locale[:2]}-{of.country}")


def test_emptied_of_everything(by: Membership, database: str) -> None:
    shop = filled(by)
    full = {table for table in tables(database) if count(shop, table)}
    assert full >= {
        "customers_customer",
        "commerce_order",
        "loyalty_posting",
        "channels_template",
        "events_key",
        "shops_sandbox",
    }
    services.ask_to_reset(by=by, now=real.now())
    jobs.run_pending()
    assert {table for table in tables(database) if count(shop, table)} <= STAYS
    assert state(shop).state == SandboxState.EMPTY
    again = filled(by)
    assert count(again, "customers_customer") == CUSTOMERS


def test_nothing_else_is_emptied(by: Membership, database: str) -> None:
    shop = make_shop()
    member = owner_of(shop)
    for ask in (services.ask_to_fill, services.ask_to_reset):
        with pytest.raises(VuelveError, match="not_found"):
            ask(by=member, now=real.now())
    for whose in (shop.pk, by.shop_id):  # no sandbox; a sandbox, but in another shop's scope
        refused = pytest.raises((ProgrammingError, psycopg.errors.InsufficientPrivilege))
        with refused, transaction.atomic(), for_shop(ShopId(shop.pk)) as cursor:
            cursor.execute("SELECT vuelve_reset_sandbox(%s)", [whose])
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET ROLE vuelve_web")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT vuelve_reset_sandbox(%s)", [by.shop_id])


def test_the_mark_stays(by: Membership) -> None:
    for shop, mark in ((make_shop(), True), (by.shop, False)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Shop.objects.filter(pk=shop.pk).update(is_sandbox=mark)
    Shop.objects.filter(pk=by.shop_id).update(name="Otro nombre")


@pytest.mark.parametrize("role", [Role.MARKETER, Role.SUPPORT, Role.ANALYST, Role.VIEWER])
def test_who_may_not(log: None, role: Role) -> None:
    member = owner_of(make_shop(), role)
    for deed in (lambda: services.make(by=member), lambda: services.ask_to_reset(by=member, now=real.now())):
        with pytest.raises(VuelveError, match="forbidden"):
            deed()


def test_at_most_so_many_of_one_member(log: None) -> None:
    member = owner_of(make_shop())
    for _n in range(services.SANDBOXES_MAX):
        services.make(by=member)
    with pytest.raises(VuelveError, match="sandboxes_limit"):
        services.make(by=member)


def test_while_it_moves_it_is_left_alone(by: Membership) -> None:
    services.ask_to_fill(by=by, now=real.now())
    for ask in (services.ask_to_fill, services.ask_to_reset):
        with pytest.raises(VuelveError, match="sandbox_busy"):
            ask(by=by, now=real.now())


def stays(shop: Shop) -> ShopFacts:
    return facts_of(shop)


@pytest.mark.parametrize("name", sorted(registry.providers))
def test_whatever_carries_messages_a_sandbox_keeps_them(by: Membership, name: str) -> None:
    provider = registry.providers[name]
    chosen = {provider.channel: provider}
    kept = _provider(stays(by.shop), provider.channel, chosen)
    assert isinstance(kept, KeepingProvider)
    assert _provider(stays(make_shop()), provider.channel, chosen) is provider
    demo = make_shop()
    demo.is_demo = True
    assert isinstance(_provider(stays(demo), provider.channel, chosen), KeepingProvider)
    assert _provider(stays(by.shop), "sms", {}) is None


def test_messages_of_a_sandbox_reach_the_mailbox_though_smtp_is_on(
    by: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vuelve.channels.dispatch import Dispatcher

    class Outside:
        name, channel, concurrency_max = "outside", "email", 1

        async def send(self, message: Any) -> Any:
            raise AssertionError("something left the sandbox")

        async def close(self) -> None:
            pass

    shop = filled(by)
    now = real.now() + timedelta(days=1)
    from vuelve.journeys.ticks import JourneysTick

    for _n in range(5):
        JourneysTick().tick(VirtualClock(now))
    dispatcher = Dispatcher(clock=VirtualClock(now), providers={"email": Outside()})  # type: ignore[dict-item]
    try:
        while dispatcher.turn():
            pass
    finally:
        dispatcher.close()
    with for_shop(shop) as cursor:
        rows = cursor.execute(
            "SELECT DISTINCT provider, status FROM channels_message WHERE shop_id = %s AND status <> 'withheld'",
            [shop],
        ).fetchall()
    assert ("mailbox", "delivered") in rows
    assert {row[0] for row in rows if row[0]} == {"mailbox"}


def test_no_store_is_connected_to_it(by: Membership) -> None:
    with pytest.raises(VuelveError, match="sandbox") as refused:
        connecting.connect(
            shop=ShopId(by.shop_id), source="shopify", domain="x.myshopify.com", token="t" * 20, secret="s" * 20,
            actor="a", now=real.now(),
        )  # fmt: skip
    assert refused.value.status == 409


@pytest.mark.slow
def test_killed_while_it_is_filled(by: Membership, database: str) -> None:
    shop = ShopId(by.shop_id)
    services.ask_to_fill(by=by, now=real.now())
    script = (
        "import django; django.setup(); from vuelve.sandbox import services; services.ROWS_PER_STEP = 100; "
        f"services.fill(shop={shop})"
    )
    environment = {**os.environ, "DATABASE_URL": database, "VUELVE_DB_ROLE": "worker"}
    process = subprocess.Popen([sys.executable, "-c", script], env=environment)
    try:
        deadline = time.monotonic() + 60
        while count(shop, "events_event") < 300 and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert state(shop).state == SandboxState.FILLING
    services.fill(shop=shop)
    with for_shop(shop) as cursor:
        row = cursor.execute(
            "SELECT count(*), count(DISTINCT message_id) FROM events_event WHERE shop_id = %s AND source = 'sandbox'",
            [shop],
        ).fetchone()
    expected = len(events(_plan(shop)))
    assert row == (expected, expected)
    assert state(shop).state == SandboxState.FILLED
