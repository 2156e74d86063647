import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from vuelve import testing
from vuelve.demo import reading
from vuelve.demo.reading import read_all
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
CLOCK = VirtualClock(AT)


@pytest.fixture
def somebody_writing(shop: Shop) -> Iterator[psycopg.Connection]:
    """A transaction of somebody else that has written and stays open."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as other:
        other.execute("SELECT pg_current_xact_id()")
        yield other
        other.rollback()


def _customers(shop: Shop) -> int:
    with for_shop(ShopId(shop.pk)) as cursor:
        row = cursor.execute(
            "SELECT count(*) FROM customers_customer WHERE shop_id = %s", [shop.pk]
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_waits_for_a_transaction_that_keeps_readers_back(
    shop: Shop, somebody_writing: psycopg.Connection
) -> None:
    testing.identify(shop, "ana", at=AT, traits={"email": "ana@example.com"})
    testing.drain(AT)
    assert _customers(shop) == 0  # the reader that does not wait has seen nothing
    threading.Timer(0.3, somebody_writing.commit).start()
    read_all(ShopId(shop.pk), clock=CLOCK)
    assert _customers(shop) == 1


def test_gives_up_with_a_word_on_what_to_do(
    shop: Shop, somebody_writing: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "HELD_SECONDS_MAX", 0.1)
    testing.identify(shop, "ana", at=AT)
    with pytest.raises(VuelveError, match="log_held"):
        read_all(ShopId(shop.pk), clock=CLOCK)
    assert _customers(shop) == 0


def test_nothing_to_read(shop: Shop) -> None:
    read_all(ShopId(shop.pk), clock=CLOCK)
    read_all(ShopId(shop.pk), clock=CLOCK)
