"""The dispatcher with a provider outside: answers, failures, claims that are lost, and what must not happen."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from vuelve.channels import dispatch as dispatching
from vuelve.channels.carrying import Carrier
from vuelve.channels.dispatch import Dispatcher
from vuelve.channels.tests.samples import (
    NOON,
    add_customer,
    contents,
    dispatch,
    message,
    publish,
    queue,
    told,
)
from vuelve.channels.tests.scripted import Scripted
from vuelve.platform import limits
from vuelve.platform.clock import VirtualClock
from vuelve.platform.extension import Outgoing, SendState
from vuelve.shops.models import Shop


def test_a_message_is_sending_before_the_provider_has_it(shop: Shop) -> None:
    pk = queue(
        shop,
        add_customer(shop, email="ana@example.com"),
        publish(shop, parts=contents(body="{{ shop.name }}")),
    )
    seen: list[tuple[str, Any]] = []

    def look(outgoing: Outgoing) -> SendState:
        with psycopg.connect(dispatching_url(), options="-c role=vuelve_worker") as conn:
            conn.execute("SELECT set_config('vuelve.shop_ids', %s, false)", [f"{{{shop.pk}}}"])
            row = conn.execute(
                "SELECT status, data FROM channels_message WHERE id = %s", [outgoing.message_id]
            ).fetchone()
            assert row is not None
            seen.append(row)
        return SendState.ACCEPTED

    provider = Scripted(look)
    dispatch(NOON, provider)
    assert seen == [
        ("sending", {"shop": {"name": "Tienda de Prueba"}, "unsubscribe_url": seen[0][1]["unsubscribe_url"]})
    ]
    row = message(shop, pk)
    assert (row["status"], row["provider"], row["provider_message_id"]) == ("accepted", "scripted", f"p{pk}")
    assert row["data"]["shop"] == {"name": "Tienda de Prueba"}
    assert provider.closed
    [given] = provider.given
    assert (given.address, given.subject, given.key) == (
        "ana@example.com",
        "Hola",
        f"{shop.pk}:{row['customer_id']}:{row['idempotency_key']}",
    )
    assert "Tienda de Prueba" in given.html


def dispatching_url() -> str:
    import os

    return os.environ["DATABASE_URL"]


def test_unsubscribing_is_offered_in_the_header_of_all_but_transactional(shop: Shop) -> None:
    customer = add_customer(shop, consents={"marketing": True})
    version = publish(shop)
    queue(shop, customer, version)
    queue(shop, customer, version, purpose="marketing")
    provider = Scripted()
    dispatch(NOON, provider)
    by_purpose = {"List-Unsubscribe" in given.headers: given.headers for given in provider.given}
    assert by_purpose[True]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert by_purpose[True]["List-Unsubscribe"].startswith("<http")
    assert set(by_purpose[False]) == {"Date"}


@pytest.mark.parametrize(
    ("state", "status", "events"),
    [
        (SendState.ACCEPTED, "accepted", ["Message Sent"]),
        (SendState.DELIVERED, "delivered", ["Message Sent"]),
        (SendState.FAILED, "failed", ["Message Failed"]),
        (SendState.UNKNOWN, "unknown", []),
    ],
)
def test_what_a_provider_answers_is_kept(
    shop: Shop, state: SendState, status: str, events: list[str]
) -> None:
    pk = queue(shop, add_customer(shop), publish(shop))
    dispatch(NOON, Scripted(lambda _: state))
    row = message(shop, pk)
    assert (row["status"], row["finished_at"]) == (status, NOON)
    assert row["reason"] == (None if state in (SendState.ACCEPTED, SendState.DELIVERED) else f"said {state}")
    assert [name for name, _ in told(shop)] == events
    later = Scripted()
    dispatch(NOON + timedelta(days=1), later)
    assert later.given == []  # never again


def test_a_failure_that_may_pass_is_tried_again_later_and_not_for_ever(shop: Shop) -> None:
    pk = queue(shop, add_customer(shop), publish(shop))
    provider = Scripted(lambda _: SendState.RETRY)
    now, waits = NOON, []
    for _ in range(limits.SEND_ATTEMPTS_MAX):
        dispatch(now, provider)
        row = message(shop, pk)
        waits.append((row["due_at"] - now).total_seconds())
        assert row["status"] == ("queued" if len(waits) < limits.SEND_ATTEMPTS_MAX else "failed")
        dispatch(row["due_at"] - timedelta(seconds=1), provider)
        now = max(now, row["due_at"])
    assert waits[:4] == [30, 60, 120, 240]
    assert len(provider.given) == limits.SEND_ATTEMPTS_MAX
    assert message(shop, pk)["reason"] == "retries_exhausted: said retry"
    assert [name for name, _ in told(shop)] == ["Message Failed"]


def test_a_try_that_succeeds_after_failures_is_told_once(shop: Shop) -> None:
    pk = queue(shop, add_customer(shop), publish(shop))
    dispatch(NOON, Scripted(lambda _: SendState.RETRY))
    assert message(shop, pk)["claimed_at"] is None
    dispatch(NOON + timedelta(minutes=1), Scripted())
    row = message(shop, pk)
    assert (row["status"], row["attempts"], row["reason"]) == ("accepted", 2, None)
    assert [name for name, _ in told(shop)] == ["Message Sent"]


def test_a_provider_that_raises_makes_it_unknown_and_stops_nobody(shop: Shop) -> None:
    version = publish(shop)
    pks = [queue(shop, add_customer(shop), version) for _ in range(3)]

    def raising(outgoing: Outgoing) -> SendState:
        if outgoing.message_id == pks[1]:
            raise ZeroDivisionError
        return SendState.ACCEPTED

    dispatch(NOON, Scripted(raising))
    assert [message(shop, pk)["status"] for pk in pks] == ["accepted", "unknown", "accepted"]
    assert message(shop, pks[1])["reason"] == "error: ZeroDivisionError"


def test_a_provider_that_hangs_makes_it_unknown(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vuelve.channels.carrying.SEND_SECONDS_MAX", 0.05)
    pk = queue(shop, add_customer(shop), publish(shop))
    dispatch(NOON, Scripted(seconds=30))
    assert (message(shop, pk)["status"], message(shop, pk)["reason"]) == ("unknown", "timed_out")


def test_a_provider_is_given_no_more_at_once_than_it_can_take(shop: Shop) -> None:
    version, customer = publish(shop), add_customer(shop)
    for _ in range(30):
        queue(shop, customer, version)
    provider = Scripted(seconds=0.01)
    dispatch(NOON, provider)
    assert len({given.message_id for given in provider.given}) == len(provider.given) >= 30
    assert provider.at_once_most == 4


def test_what_a_slow_provider_has_not_begun_with_goes_back_to_the_queue(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vuelve.channels.carrying.BEGIN_SECONDS_MAX", -1.0)
    pk = queue(shop, add_customer(shop), publish(shop))
    provider = Scripted()
    dispatcher = Dispatcher(clock=VirtualClock(NOON), providers={"email": provider})
    dispatcher.claim()
    while dispatcher.in_flight:
        dispatcher.land(0.05)
    dispatcher.close()
    row = message(shop, pk)
    assert (row["status"], row["attempts"], row["claimed_at"], provider.given) == ("queued", 0, None, [])
    monkeypatch.undo()
    dispatch(NOON, provider)
    assert message(shop, pk)["status"] == "accepted"
    assert len(provider.given) == 1


def test_a_stopped_dispatcher_finishes_what_it_began_and_gives_back_the_rest(shop: Shop) -> None:
    version, customer = publish(shop), add_customer(shop)
    pks = [queue(shop, customer, version) for _ in range(12)]
    provider = Scripted(seconds=0.2)
    dispatcher = Dispatcher(clock=VirtualClock(NOON), providers={"email": provider})
    dispatcher.claim()
    dispatcher.land(0.05)
    dispatcher.shut_down()
    dispatcher.close()
    statuses = sorted(message(shop, pk)["status"] for pk in pks)
    assert statuses == ["accepted"] * 4 + ["queued"] * 8
    assert len(provider.given) == 4


def test_answers_survive_a_database_that_is_away(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    pk = queue(shop, add_customer(shop), publish(shop))
    dispatcher = Dispatcher(clock=VirtualClock(NOON), providers={"email": Scripted()})
    dispatcher.claim()

    def away(*args: Any, **options: Any) -> Any:
        raise psycopg.OperationalError("away")

    with monkeypatch.context() as patch:
        patch.setattr(dispatching, "for_shops", away)
        with pytest.raises(psycopg.OperationalError, match="away"):
            dispatcher.land(5)
    assert dispatcher.in_flight >= 1
    dispatcher.land(0.05)
    dispatcher.close()
    assert message(shop, pk)["status"] == "accepted"


# --- lost claims -------------------------------------------------------------------------------------------------


def lose(shop: Shop, now_after: timedelta) -> tuple[int, Scripted]:
    """A message whose dispatcher vanishes after the claim, looked at by another one later."""
    pk = queue(shop, add_customer(shop), publish(shop))
    dead = Dispatcher(clock=VirtualClock(NOON), providers={"email": Scripted()})
    dead.claim()
    assert isinstance(dead._carrier, Carrier)
    provider = Scripted()
    other = Dispatcher(clock=VirtualClock(NOON + now_after), providers={"email": provider})
    other.turn()
    other.close()
    dead._carrier._runner.close()
    return pk, provider


def test_a_lost_claim_becomes_unknown_and_is_not_sent_again(shop: Shop) -> None:
    pk, provider = lose(shop, timedelta(seconds=dispatching.CLAIM_SECONDS_MAX + 1))
    row = message(shop, pk)
    assert (row["status"], row["reason"]) == ("unknown", "dispatcher_lost")
    assert provider.given == []
    assert told(shop) == []


def test_a_claim_that_may_be_alive_is_left_alone(shop: Shop) -> None:
    pk, provider = lose(shop, timedelta(seconds=dispatching.CLAIM_SECONDS_MAX - 1))
    assert message(shop, pk)["status"] == "sending"
    assert provider.given == []


def test_an_answer_that_comes_after_all_counts(shop: Shop) -> None:
    pk = queue(shop, add_customer(shop), publish(shop))
    slow = Dispatcher(clock=VirtualClock(NOON), providers={"email": Scripted()})
    slow.claim()
    other = Dispatcher(clock=VirtualClock(NOON + timedelta(hours=1)), providers={"email": Scripted()})
    other.lose_claims()
    assert message(shop, pk)["status"] == "unknown"
    while slow.in_flight:
        slow.land(0.05)
    slow.close()
    assert message(shop, pk)["status"] == "accepted"
    assert [name for name, _ in told(shop)] == ["Message Sent"]
