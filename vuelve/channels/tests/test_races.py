"""Several dispatchers at once, and dispatchers that are killed: each message goes once, or says that nobody knows."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest
from django.db import connection

from vuelve.channels.dispatch import CLAIM_SECONDS_MAX, Dispatcher
from vuelve.channels.providers.smtp.client import SmtpProvider
from vuelve.channels.providers.smtp.tests.sink import Sink, smtp_server
from vuelve.channels.tests.samples import NOON, add_customer, dispatch, message, publish, queue, told
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop

pytestmark = pytest.mark.slow

NUMBER = 1_100  # three batches


def queue_many(shop: Shop, number: int, due_at: datetime = NOON) -> None:
    """That many messages, each to an address of its own."""
    pk = queue(shop, add_customer(shop), publish(shop), due_at=due_at)
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute(
            "WITH made AS (INSERT INTO customers_customer (shop_id, email, created_at, first_seen_at, last_seen_at) "
            "SELECT %s, 'many' || n || '@example.com', now(), now(), now() FROM generate_series(2, %s) n RETURNING id) "
            "INSERT INTO channels_message (shop_id, customer_id, idempotency_key, channel, purpose, template_version_id, queued_at, due_at) "
            "SELECT m.shop_id, made.id, 'many:' || made.id, m.channel, m.purpose, m.template_version_id, m.queued_at, m.due_at "
            "FROM channels_message m, made WHERE m.id = %s",
            [shop.pk, number, pk],
        )


def statuses(shop: Shop) -> Counter[str]:
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute("SELECT status FROM channels_message WHERE shop_id = %s", [shop.pk])
        return Counter(row[0] for row in cursor.fetchall())


@pytest.mark.parametrize("through", ["mailbox", "smtp"])
def test_two_dispatchers_send_nothing_twice(shop: Shop, through: str) -> None:
    queue_many(shop, NUMBER)
    sink = Sink()
    begin = threading.Barrier(3)
    handled: list[int] = []

    def run(port: int) -> None:
        begin.wait()
        provider = SmtpProvider(f"smtp://127.0.0.1:{port}") if through == "smtp" else None
        handled.append(dispatch(NOON, provider))
        connection.close()

    with smtp_server(sink) as port:
        threads = [threading.Thread(target=run, args=[port]) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(handled) == NUMBER
    assert statuses(shop) == {"accepted" if through == "smtp" else "delivered": NUMBER}
    if through == "smtp":
        recipients = Counter(one.recipients[0] for one in sink.arrived())
        assert len(recipients) == NUMBER
        assert set(recipients.values()) == {1}
    assert len({properties["message_id"] for _, properties in told(shop, "Message Sent")}) == NUMBER
    assert len(told(shop)) == NUMBER


DISPATCHER = """
import sys, threading
import django
django.setup()
from vuelve.channels.dispatch import run_forever
from vuelve.platform.clock import real
run_forever(clock=real, stop=threading.Event())
"""


def start_dispatcher(tmp_path: Path, provider: str, url: str = "") -> subprocess.Popen[bytes]:
    """A dispatcher in a process of its own, on this session's database."""
    environment = os.environ | {
        "VUELVE_EMAIL_PROVIDER": provider,
        "VUELVE_SMTP_URL": url,
        "VUELVE_DB_ROLE": "worker",
        "PYTHONPATH": str(Path(__file__).resolve().parents[3]),
    }
    log = (tmp_path / "dispatcher.log").open("ab")
    return subprocess.Popen([sys.executable, "-c", DISPATCHER], env=environment, stdout=log, stderr=log)


def wait_until(happened: object, seconds: float = 30.0) -> None:
    assert callable(happened)
    until = monotonic() + seconds
    while not happened():
        assert monotonic() < until, "it never happened"
        sleep(0.02)


class Hesitant(Sink):
    """Takes the content, then waits before it says so: where a kill hurts most."""

    def __init__(self, taken_before_waiting: int) -> None:
        super().__init__()
        self.taken_before_waiting = taken_before_waiting
        self.waiting = threading.Event()

    async def handle_DATA(self, server, session, envelope):  # type: ignore[no-untyped-def]
        answer = await super().handle_DATA(server, session, envelope)
        if len(self.envelopes) > self.taken_before_waiting:
            self.waiting.set()
            await asyncio.sleep(3)
        return answer


def test_a_dispatcher_killed_while_it_sends_leaves_unknown_and_no_duplicate(
    shop: Shop, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    queue_many(shop, 60, due_at=now)
    sink = Hesitant(taken_before_waiting=20)
    with smtp_server(sink) as port:
        url = f"smtp://127.0.0.1:{port}"
        killed = start_dispatcher(tmp_path, "smtp", url)
        try:
            wait_until(sink.waiting.is_set)
            sleep(0.3)
        finally:
            killed.send_signal(signal.SIGKILL)
            killed.wait()
        left = statuses(shop)
        assert left["sending"] > 0
        sink.taken_before_waiting = 10**9

        # Another one, at once: it must not touch what the dead one held.
        dispatch(VirtualClock(now + timedelta(seconds=30)), SmtpProvider(url))
        assert statuses(shop)["sending"] == left["sending"]
        # And later: it gives those up, and sends none of them again.
        late = Dispatcher(
            clock=VirtualClock(now + timedelta(seconds=CLAIM_SECONDS_MAX + 60)),
            providers={"email": SmtpProvider(url)},
        )
        late.turn()
        while late.in_flight:
            late.land(0.1)
        late.close()
    end = statuses(shop)
    assert end["sending"] == end["queued"] == 0
    assert end["accepted"] + end["unknown"] == 60
    assert end["unknown"] == left["sending"]
    recipients = Counter(one.recipients[0] for one in sink.arrived())
    assert set(recipients.values()) == {1}
    assert len(recipients) >= end["accepted"]


def test_a_dispatcher_killed_with_the_mailbox_loses_nothing(shop: Shop, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    queue_many(shop, 3000, due_at=now)
    killed = start_dispatcher(tmp_path, "mailbox")
    try:
        wait_until(lambda: statuses(shop)["delivered"] > 0)
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    between = statuses(shop)
    assert set(between) <= {"queued", "delivered"}
    wait_until(lambda: dispatch(now + timedelta(seconds=30)) == 0)
    assert statuses(shop) == {"delivered": 3000}
    sent = [properties["message_id"] for _, properties in told(shop, "Message Sent")]
    assert len(sent) == len(set(sent)) == 3000


def test_an_opt_out_between_the_queue_and_the_turn_counts_in_any_process(shop: Shop, tmp_path: Path) -> None:
    from vuelve.customers import services as customers
    from vuelve.platform.ids import CustomerId

    now = datetime.now(UTC)
    customer = add_customer(shop, consents={"marketing": True}, time_zone="UTC")
    pk = queue(shop, customer, publish(shop), purpose="marketing", due_at=now + timedelta(seconds=1))
    running = start_dispatcher(tmp_path, "mailbox")
    try:
        customers.unsubscribe(
            shop=ShopId(shop.pk), customer=CustomerId(customer), channel="email", purpose="marketing", now=now, key="k", source="test"
        )  # fmt: skip
        wait_until(lambda: message(shop, pk)["status"] != "queued")
    finally:
        running.terminate()
        running.wait()
    assert (message(shop, pk)["status"], message(shop, pk)["reason"]) == ("withheld", "no_consent")
