"""The back office of a large shop: each page, as a member opens it, and the search in the top bar, typed letter by letter.

The shop is loaded set-based; the pages are asked through the whole of Django (middleware, session, row-level security, as the
web role), in one process. What is timed is the server's part: from the request's bytes to the answer's.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from vuelve.bench import database, machine
from vuelve.bench.pages_asking import Visitor, addresses, percentile
from vuelve.events import services as events
from vuelve.journeys.services import install_builtins
from vuelve.loyalty.consumers import LoyaltyConsumer
from vuelve.loyalty.services import open_programme
from vuelve.platform.clock import monotonic_seconds, real
from vuelve.platform.db import Statements, django_database, for_shop
from vuelve.platform.extension import EventBatch
from vuelve.platform.ids import ShopId
from vuelve.platform.limits import CONSUMER_BATCH_ROWS
from vuelve.shops.figures import keep
from vuelve.shops.models import Role, Shop
from vuelve.shops.services import create_member, create_shop

SQL = Statements(__file__)

CUSTOMERS = 1_000_000
EVENTS = 5_000_000
MONTHS = 12
AWARDED_ORDERS = 50_000
SAMPLES = 30
NO_PAGE = 405  # an address that one only sends to
TABLES = (
    "customers_customer, customers_identifier, customers_word, customers_trait, customers_consent, customers_consent_change, "
    "events_event, events_schema, events_schema_hour, commerce_order, commerce_order_key, commerce_item, commerce_shipment, "
    "commerce_cart, commerce_rejected, channels_message, journeys_run, loyalty_account, loyalty_lot, loyalty_posting, "
    "loyalty_transfer, events_rejected, shops_auditentry, shops_figure"
)
# What somebody types who looks for a customer or an order; each is asked from its second letter on.
TYPED = (
    "josé pérez", "nunez", "ana lopez munoz", "maria.garcia", "quinones zuniga", "u-777", "5512345678", "#100234", "zoe",
    "andres villasenor", "acme-42", "o-4711", "zzyzx", "joao goncalves acuna", "jose.perez.0a1",
)  # fmt: skip


def measure(
    say: Callable[[str], None],
    *,
    customers: int = CUSTOMERS,
    n_events: int = EVENTS,
    samples: int = SAMPLES,
    awarded: int = AWARDED_ORDERS,
) -> dict[str, Any]:
    """All pages and the search; see `docs/benchmarks.md`."""
    shop = _load(say, customers=customers, n_events=n_events, awarded=awarded)
    member = create_member(
        shop=shop, email="bench@example.com", password=os.urandom(9).hex(), role=Role.OWNER
    )
    _as_web()
    visitor = Visitor(member, shop.slug)
    with machine.watched() as usage:
        times, wrong = _pages(say, visitor, ShopId(shop.pk), customers, samples)
        search = _search(visitor, samples)
    by_page = {name: round(percentile(each, 0.95), 1) for name, each in times.items()}
    slowest = max(by_page, key=lambda name: by_page[name])
    return {
        "customers": customers,
        "events": n_events,
        "pages": len(times),
        "requests": sum(map(len, times.values())),
        "p95_ms": round(percentile([ms for each in times.values() for ms in each], 0.95), 1),
        "search_p95_ms": round(percentile([ms for each in search.values() for ms in each], 0.95), 1),
        "search_slowest": _worst(search),
        "slowest": slowest,
        "slowest_p95_ms": by_page[slowest],
        "p95_ms_by_page": dict(sorted(by_page.items(), key=lambda pair: -pair[1])),
        "slowest_addresses": visitor.slowest(20),
        "wrong": wrong,
        "is_correct": not wrong and all(search.values()),
        "peak_memory_mb": usage.peak_memory_mb,
        "cpu_seconds": usage.cpu_seconds,
    }


def _worst(search: Mapping[str, Sequence[float]]) -> list[tuple[str, float]]:
    return sorted(
        ((typed, round(max(each), 1)) for typed, each in search.items()), key=lambda pair: -pair[1]
    )[:8]


# --- loading -------------------------------------------------------------------------------------------------------


def _load(say: Callable[[str], None], *, customers: int, n_events: int, awarded: int) -> Shop:
    now, began = real.now(), monotonic_seconds()
    shop = create_shop(slug="bench-pages", name="Bench")
    whose = ShopId(shop.pk)
    install_builtins(shop=whose)
    open_programme(shop=whose, now=now - timedelta(days=400), actor="bench")
    events.prepare_log(now=now)
    events.make_months("events_event", (now - timedelta(days=31 * MONTHS)).date(), now.date())
    sizes = {"shop": whose, "customers": customers, "now": now}
    with for_shop(whose) as cursor:
        cursor.execute(SQL["pages_customers"], sizes)
    say(f"{customers:,} customers after {monotonic_seconds() - began:,.0f} s")
    first = 0
    for since, until in _months(now):
        rows = n_events // MONTHS
        with for_shop(whose) as cursor:
            cursor.execute(
                SQL["pages_events"],
                {
                    "shop": whose,
                    "customers": customers,
                    "rows": rows,
                    "first": first,
                    "since": since,
                    "until": until,
                },
            )
        first += rows
    say(f"{n_events:,} events after {monotonic_seconds() - began:,.0f} s")
    for name in ("pages_orders", "pages_messages", "pages_rest"):
        with for_shop(whose) as cursor:
            cursor.execute(SQL[name], sizes)
    _analyse()
    _award(whose, awarded)
    keep(whose, now=now)  # as the hourly job does
    _analyse()
    say(f"loaded after {monotonic_seconds() - began:,.0f} s")
    return shop


def _months(now: datetime) -> Iterator[tuple[datetime, datetime]]:
    bounds = [now - timedelta(days=30 * (MONTHS - n)) for n in range(MONTHS + 1)]
    return pairwise(bounds)


def _analyse() -> None:
    with database.owner() as owner:
        owner.execute(f"VACUUM (ANALYZE) {TABLES}")
        owner.execute("SELECT setval('customers_id', (SELECT max(id) FROM customers_customer))")


def _award(shop: ShopId, orders: int) -> None:
    """Points for some of the orders, through the consumer: accounts, lots, postings as they are in earnest."""
    consumer, after, done = LoyaltyConsumer(), 0, 0
    while done < orders:
        with for_shop(shop) as cursor:
            cursor.execute("CREATE TEMP TABLE IF NOT EXISTS event_batch (LIKE events_event)")
            cursor.execute("SELECT vuelve_clear('pg_temp.event_batch')")
            rows = cursor.execute(
                SQL["pages_batch"],
                {"shop": shop, "after": after, "rows": min(CONSUMER_BATCH_ROWS, orders - done)},
            ).rowcount
            if not rows:
                return
            cursor.execute("ANALYZE pg_temp.event_batch")
            consumer.consume(EventBatch(cursor=cursor, now=real.now(), rows=rows))
            last = cursor.execute("SELECT max(seq) FROM pg_temp.event_batch").fetchone()
        assert last is not None
        after, done = last[0], done + rows


def _as_web() -> None:
    from django.db import connection

    connection.close()
    connection.settings_dict.update(django_database("web"))


# --- asking --------------------------------------------------------------------------------------------------------


def _pages(
    say: Callable[[str], None], visitor: Visitor, shop: ShopId, customers: int, samples: int
) -> tuple[dict[str, list[float]], list[str]]:
    """Milliseconds by page, the first request of each address left out; and the addresses that failed."""
    found: dict[str, list[float]] = {}
    wrong: list[str] = []
    for name, urls in addresses(shop, visitor.slug, customers).items():
        asked = [variant for url in urls for variant in visitor.variants(url)]
        times = found[name] = []
        for url in asked:
            status = visitor.ask(url).status
            if status == NO_PAGE:
                continue
            if status >= 400:
                wrong.append(url)
                continue
            times += [visitor.ask(url).ms for _n in range(max(2, -(-samples // len(asked))))]
        if not times:
            del found[name]
            continue
        say(f"{name}: {percentile(times, 0.95):,.1f} ms, {len(asked)} addresses")
    return found, wrong


def _search(visitor: Visitor, samples: int) -> dict[str, list[float]]:
    """Milliseconds by what was typed so far."""
    found = {}
    for text in TYPED:
        for length in range(2, len(text) + 1):
            url = visitor.address("search", q=text[:length])
            visitor.ask(url, is_part=True)
            found[text[:length]] = [visitor.ask(url, is_part=True).ms for _n in range(max(2, samples // 10))]
    return found
