"""An event that was set aside is given to its consumer again: once, whole, or not at all."""

from datetime import UTC, datetime
from typing import ClassVar

import pytest

from vuelve.events import consuming
from vuelve.events.services import ask_to_take_again, prepare_log
from vuelve.platform import jobs
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import EventBatch, registry
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop
from vuelve.testing import drain, make_shop, track

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
CLOCK = VirtualClock(NOW)


class Choosy:
    """Notes what it takes in the database, and fails as long as it is told to."""

    name: ClassVar[str] = "choosy-again"
    is_identity: ClassVar[bool] = False
    after: ClassVar[tuple[str, ...]] = ("identity",)
    fails = True

    def names(self) -> frozenset[str] | None:
        return frozenset({"Poison"})

    def consume(self, batch: EventBatch) -> None:
        batch.cursor.execute(
            "INSERT INTO events_promoted SELECT shop_id, message_id, 'taken', 'text' FROM pg_temp.event_batch"
        )
        if self.fails:
            raise ValueError("cannot take it")


@pytest.fixture
def choosy(shop: Shop):  # type: ignore[no-untyped-def]
    """A consumer that stands where all others do, with one event set aside."""
    consumer = Choosy()
    drain(NOW)
    registry.consumers.append(consumer)
    prepare_log(now=NOW)
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute(
            "UPDATE events_cursor c SET xid = o.xid, seq = o.seq FROM events_cursor o "
            "WHERE c.consumer = 'choosy-again' AND o.consumer = 'schema' AND o.shard = c.shard"
        )
    track(shop, "Poison", user_id="u", at=NOW, message_id="poison")
    registry.consumers.remove(consumer)
    drain(NOW)
    registry.consumers.append(consumer)
    for _ in range(400):
        if consuming.set_aside(consumer, clock=CLOCK, error="ValueError()"):
            break
    yield consumer
    registry.consumers.remove(consumer)


def set_aside_seqs(shop: Shop) -> list[int]:
    with for_shop(ShopId(shop.pk)) as cursor:
        return [row[0] for row in cursor.execute("SELECT seq FROM events_quarantine ORDER BY seq").fetchall()]


def taken(shop: Shop) -> list[str]:
    with for_shop(ShopId(shop.pk)) as cursor:
        return [row[0] for row in cursor.execute("SELECT event_name FROM events_promoted").fetchall()]


def test_it_takes_effect_once(choosy: Choosy, shop: Shop) -> None:
    (seq,) = set_aside_seqs(shop)
    choosy.fails = False
    assert consuming.take_again(choosy, shop=ShopId(shop.pk), seq=seq, clock=CLOCK)
    assert not consuming.take_again(choosy, shop=ShopId(shop.pk), seq=seq, clock=CLOCK)
    assert (taken(shop), set_aside_seqs(shop)) == (["poison"], [])


def test_a_second_failure_changes_nothing_but_the_reason(choosy: Choosy, shop: Shop) -> None:
    (seq,) = set_aside_seqs(shop)
    ask_to_take_again(shop=ShopId(shop.pk), consumer=choosy.name, seq=seq)
    jobs.run_pending()
    assert (taken(shop), set_aside_seqs(shop)) == ([], [seq])
    with for_shop(ShopId(shop.pk)) as cursor:
        assert cursor.execute("SELECT error FROM events_quarantine").fetchone() == (
            "ValueError('cannot take it')",
        )


def test_by_a_job(choosy: Choosy, shop: Shop) -> None:
    (seq,) = set_aside_seqs(shop)
    choosy.fails = False
    for _ in range(2):  # pressed twice
        ask_to_take_again(shop=ShopId(shop.pk), consumer=choosy.name, seq=seq)
    jobs.run_pending()
    assert (taken(shop), set_aside_seqs(shop)) == (["poison"], [])


def test_what_is_not_set_aside_cannot_be_taken_again(choosy: Choosy, shop: Shop) -> None:
    (seq,) = set_aside_seqs(shop)
    other = make_shop()
    for where, number in ((other, seq), (shop, seq + 1)):
        with pytest.raises(VuelveError) as refusal:
            ask_to_take_again(shop=ShopId(where.pk), consumer=choosy.name, seq=number)
        assert refusal.value.status == 404
    assert set_aside_seqs(shop) == [seq]
