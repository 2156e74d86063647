"""Segment's own Python SDK, unchanged but for its host, while the server is killed under it."""

from contextlib import suppress
from typing import Any

import psutil
import pytest

from vuelve.cli.tests.test_up import READY_SECONDS, Vuelve, installation, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.embedded]

EVENTS = 10_000


@pytest.fixture
def failures() -> list[Any]:
    return []


@pytest.fixture
def sdk(failures: list[Any]):  # type: ignore[no-untyped-def]
    from segment.analytics.client import Client

    made: list[Client] = []

    def make(vuelve: Vuelve, key: str) -> Client:
        client = Client(
            key,
            host=f"http://127.0.0.1:{vuelve.port}",
            gzip=True,
            max_queue_size=2 * EVENTS,
            on_error=lambda error, batch: failures.append((error, len(batch))),
        )
        made.append(client)
        return client

    yield make
    for client in made:
        client.join()


def test_a_kill_half_way_loses_and_doubles_nothing(sdk: Any, failures: list[Any]) -> None:
    with installation(None) as vuelve:
        keys = vuelve.init()
        vuelve.up()
        client = sdk(vuelve, keys["write_key"])
        for number in range(EVENTS):
            if number == 0:
                client.identify("user-0", {"email": "ana@example.com", "plan": "pro"})
            elif number % 10 == 1:
                client.page(f"user-{number}", "Shop", "Home", {"url": "/"})
            else:
                client.track(f"user-{number}", "Product Viewed", {"sku": f"sku-{number}", "price": 10.5})
        wait_for(lambda: vuelve.stats(keys["secret_key"])["events"] >= EVENTS / 5, 30, "a part of the events")
        assert not client.queue.empty()  # the SDK is in the midst of sending
        for process in vuelve.processes():
            with suppress(psutil.NoSuchProcess):  # some end by themselves as their parent is gone
                process.kill()  # SIGKILL: the supervisor, the web server, PostgreSQL, all at once
        wait_for(lambda: not vuelve.processes(), 20, "no process left")
        vuelve.up()
        assert 0 < vuelve.stats(keys["secret_key"])["events"] < EVENTS
        client.flush()
        assert failures == []
        wait_for(
            lambda: vuelve.stats(keys["secret_key"])["customers"] == EVENTS, READY_SECONDS, "all consumed"
        )
        assert vuelve.stats(keys["secret_key"])["events"] == EVENTS
