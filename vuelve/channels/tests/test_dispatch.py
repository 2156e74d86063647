"""The dispatcher: what becomes of messages, in which order, and what must not happen."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import psycopg
import pytest

from vuelve.channels import claiming, snapshots
from vuelve.channels import dispatch as dispatching
from vuelve.channels.carrying import Carrier
from vuelve.channels.dispatch import Dispatcher, dispatch_once, providers_by_channel, run_forever
from vuelve.channels.providers.mailbox.client import MailboxProvider
from vuelve.channels.rendering import render_message
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
from vuelve.platform import limits
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import Cursor, for_shop
from vuelve.platform.env import SettingError
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import MessageSubject, Outgoing, SendResult, SendState, registry
from vuelve.platform.ids import MessageId, ShopId
from vuelve.shops.models import Shop
from vuelve.testing import make_shop, track


class Scripted:
    """A provider outside: answers as it is told to, and notes what it was given."""

    name: ClassVar[str] = "scripted"
    channel: ClassVar[str] = "email"
    concurrency_max: ClassVar[int] = 4

    def __init__(
        self, answer: Callable[[Outgoing], SendState] = lambda _: SendState.ACCEPTED, seconds: float = 0
    ) -> None:
        self.answer = answer
        self.seconds = seconds
        self.given: list[Outgoing] = []
        self.at_once = 0
        self.at_once_most = 0
        self.closed = False

    async def send(self, message: Outgoing) -> SendResult:
        self.given.append(message)
        self.at_once += 1
        self.at_once_most = max(self.at_once_most, self.at_once)
        await asyncio.sleep(self.seconds)
        self.at_once -= 1
        state = self.answer(message)
        return SendResult(
            message.message_id,
            state,
            reason=f"said {state}",
            provider_message_id=f"p{message.message_id}",
            after_seconds=1,
        )

    async def close(self) -> None:
        self.closed = True


def test_a_message_is_rendered_kept_and_told(shop: Shop) -> None:
    version = publish(
        shop, parts=contents(subject="Hola de {{ shop.name }}", body="{{ shop.name }} <b>x</b>")
    )
    pk = queue(shop, add_customer(shop), version)
    dispatch(NOON)
    row = message(shop, pk)
    assert (row["status"], row["provider"], row["reason"], row["attempts"]) == (
        "delivered",
        "mailbox",
        None,
        1,
    )
    assert (row["sent_at"], row["finished_at"]) == (NOON, NOON)
    assert (row["subject"], row["locale"]) == ("Hola de Tienda de Prueba", "es-MX")
    assert row["data"]["shop"] == {"name": "Tienda de Prueba"}  # what the template names, and no more
    [(name, properties)] = told(shop)
    assert (name, properties["message_id"], properties["provider"]) == ("Message Sent", str(pk), "mailbox")


def test_the_preview_shows_what_was_sent_whatever_has_changed_since(shop: Shop) -> None:
    at = NOON - timedelta(hours=1)
    track(
        shop,
        "Order Completed",
        customer=1,
        properties={"order_id": "A1", "total": "1234.50", "currency": "MXN"},
        at=at,
    )
    with for_shop(ShopId(shop.pk)) as cursor:
        event = cursor.execute(
            "SELECT xid::text, seq FROM events_event WHERE shop_id = %s", [shop.pk]
        ).fetchone()
    assert event is not None
    body = "Pedido {{ event.order_id }}: {{ event.total | money_major: event.currency }} en {{ shop.name }}, {{ coupon.code }}"
    pk = queue(
        shop,
        add_customer(shop),
        publish(shop, parts=contents(body=body)),
        data={"coupon": {"code": "X7", "percent": 10}},
        event=event,
    )
    dispatch(NOON)
    row = message(shop, pk)
    assert row["data"]["event"] == {"order_id": "A1", "total": "1234.50", "currency": "MXN"}
    assert row["data"]["coupon"] == {"code": "X7", "percent": 10}
    Shop.objects.filter(pk=shop.pk).update(name="Otro nombre", currency="USD", time_zone="Asia/Tokyo")
    publish(shop, parts=contents(body="Otra cosa"))
    rendered = render_message(shop=ShopId(shop.pk), message=MessageId(pk))
    assert "Pedido A1: $1,234.50 en Tienda de Prueba, X7" in rendered.html
    with pytest.raises(VuelveError) as caught:
        render_message(shop=ShopId(make_shop().pk), message=MessageId(pk))
    assert caught.value.code == "not_found"


def test_one_that_cannot_be_rendered_fails_and_stops_nobody_else(shop: Shop) -> None:
    version = publish(shop, parts=contents(text="{{ 10 | divided_by: coupon.percent }}"))
    customer = add_customer(shop)
    good, bad, missing = (
        queue(shop, customer, version, data={"coupon": {"percent": 5}}),
        queue(shop, customer, version, data={"coupon": {"percent": 0}}),
        queue(shop, customer, 10**15),
    )
    other_shop = make_shop()
    other = queue(other_shop, add_customer(other_shop), publish(other_shop))
    strange = queue(
        shop, add_customer(shop, email="a@b\r\nBcc: c@d"), version, data={"coupon": {"percent": 5}}
    )
    fax = queue(shop, customer, version, channel="fax", data={"coupon": {"percent": 5}})
    dispatch(NOON)
    assert message(shop, good)["status"] == message(other_shop, other)["status"] == "delivered"
    assert message(shop, bad)["reason"].startswith("render_failed: divided_by: can't divide by 0")
    assert message(shop, missing)["reason"] == "render_failed: the template's version is gone"
    assert message(shop, strange)["reason"].startswith("render_failed: 'a@b")
    assert message(shop, fax)["status"] == "withheld"  # there is no address by fax
    for pk in (bad, missing, strange):
        row = message(shop, pk)
        assert (row["status"], row["sent_at"], row["finished_at"]) == ("failed", None, NOON)
    failed = [properties["message_id"] for name, properties in told(shop, "Message Failed")]
    assert sorted(failed) == sorted(map(str, (bad, missing, strange)))


def test_a_template_may_stop_a_message(shop: Shop) -> None:
    version = publish(
        shop, parts=contents(text="{% if coupon.code %}x{% else %}{% abort_message 'no coupon' %}{% endif %}")
    )
    customer = add_customer(shop)
    stopped, sent = (
        queue(shop, customer, version),
        queue(shop, customer, version, data={"coupon": {"code": "A"}}),
    )
    dispatch(NOON)
    assert (message(shop, stopped)["status"], message(shop, stopped)["reason"]) == (
        "withheld",
        "aborted: no coupon",
    )
    assert message(shop, sent)["status"] == "delivered"
    assert [properties["reason"] for _, properties in told(shop, "Message Withheld")] == [
        "aborted: no coupon"
    ]


class Breaking:
    """An object of another package, which fails as often as it is told to."""

    name: ClassVar[str] = "breaking"

    def __init__(self, statement: str = "SELECT 1 / 0") -> None:
        self.statement = statement
        self.fails = True

    def load(self, cursor: Cursor, shop: ShopId, subjects: Sequence[MessageSubject]) -> dict[MessageId, Any]:
        if self.fails:
            cursor.execute(self.statement)
        return {subject.message_id: {"word": "bien"} for subject in subjects}


@pytest.fixture
def breaking() -> Iterator[Breaking]:
    liquid_object = Breaking()
    registry.liquid["breaking"] = liquid_object
    yield liquid_object
    del registry.liquid["breaking"]


def test_an_object_that_fails_to_load_delays_only_its_own_messages(shop: Shop, breaking: Breaking) -> None:
    customer = add_customer(shop)
    pk = queue(shop, customer, publish(shop, parts=contents(body="{{ breaking.word }}")))
    other = queue(shop, customer, publish(shop, key="other"))
    dispatch(NOON)
    row = message(shop, pk)
    assert (row["status"], row["attempts"], row["due_at"]) == ("queued", 1, NOON + timedelta(seconds=30))
    assert "`breaking` could not be loaded" in row["reason"]
    assert message(shop, other)["status"] == "delivered"
    breaking.fails = False
    dispatch(NOON + timedelta(seconds=30))
    row = message(shop, pk)
    assert (row["status"], row["attempts"], row["reason"]) == ("delivered", 2, None)
    assert row["data"]["breaking"] == {"word": "bien"}


def test_a_nul_in_an_event_stops_nobody(shop: Shop) -> None:
    with for_shop(ShopId(shop.pk)) as cursor:
        from vuelve.events import services as events

        events.open_staging(cursor)
        cursor.execute(
            "INSERT INTO pg_temp.event_staged (shop_id, name, occurred_at, message_id, properties) VALUES (%s, 'X', %s, 'm', %s)",
            [shop.pk, NOON, '{"a\\u0000b": "c\\u0000d", "half": "\\ud83d"}'],
        )
        events.record_staged(cursor, now=NOON, source="test", from_outside=True)
        event = cursor.execute(
            "SELECT xid::text, seq FROM events_event WHERE shop_id = %s", [shop.pk]
        ).fetchone()
    version = publish(shop, parts=contents(text="{% for p in event %}{{ p[1] }}{% endfor %}"))
    pk, other = (
        queue(shop, add_customer(shop), version, event=event),
        queue(shop, add_customer(shop), version),
    )
    dispatch(NOON)
    assert message(shop, pk)["status"] == message(shop, other)["status"] == "delivered"


def test_a_message_that_our_own_code_cannot_handle_fails_alone(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = publish(shop)
    pks = [queue(shop, add_customer(shop), version) for _ in range(3)]
    prepare = snapshots.prepare

    def faulty(cursor: Cursor, facts: Any, messages: Sequence[Any], versions: Any) -> Any:
        if any(each.id == pks[1] for each in messages):
            raise LookupError("a fault of ours")
        return prepare(cursor, facts, messages, versions)

    monkeypatch.setattr(claiming, "prepare", faulty)
    dispatch(NOON)
    assert [message(shop, pk)["status"] for pk in pks] == ["delivered", "failed", "delivered"]
    assert message(shop, pks[1])["reason"] == "internal_error: LookupError"


def test_a_month_that_the_log_has_no_place_for_yet_is_made(shop: Shop) -> None:
    later = NOON + timedelta(days=500)
    kept, sent = (queue(shop, add_customer(shop), publish(shop), due_at=later) for _ in range(2))
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute(
            "UPDATE channels_message SET due_at = %s WHERE id = %s", [later + timedelta(days=300), sent]
        )
    dispatch(later)
    dispatch(later + timedelta(days=300), Scripted())
    assert (message(shop, kept)["status"], message(shop, sent)["status"]) == ("delivered", "accepted")
    assert len(told(shop, "Message Sent")) == 2


# --- a provider outside ----------------------------------------------------------------------------------------


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


# --- the process -------------------------------------------------------------------------------------------------


def test_run_forever_sends_what_comes_and_stops(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.providers, "mailbox", MailboxProvider())
    stop, clock = threading.Event(), VirtualClock(NOON)
    from django.db import connection

    def run() -> None:
        run_forever(clock=clock, stop=stop)
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    pk = queue(shop, add_customer(shop), publish(shop))
    for _ in range(100):
        if message(shop, pk)["status"] == "delivered":
            break
        stop.wait(0.05)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert message(shop, pk)["status"] == "delivered"


def test_dispatch_once_uses_what_is_plugged_in(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.providers, "mailbox", MailboxProvider())
    pk = queue(shop, add_customer(shop), publish(shop))
    while dispatch_once(clock=VirtualClock(NOON)):
        pass
    assert message(shop, pk)["status"] == "delivered"
    assert dispatch_once(clock=VirtualClock(NOON)) == 0


@pytest.mark.parametrize(("name", "url"), [("nobody", ""), ("smtp", ""), ("smtp", "http://x")])
def test_settings_that_name_nobody_are_told_at_the_start(
    name: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vuelve.channels.providers.smtp.client import SmtpProvider

    monkeypatch.setitem(registry.providers, "smtp", SmtpProvider())
    monkeypatch.setenv("VUELVE_EMAIL_PROVIDER", name)
    monkeypatch.setenv("VUELVE_SMTP_URL", url)
    with pytest.raises(SettingError):
        providers_by_channel()
