"""Requests that are committed together: each is answered for itself, and none suffers from another."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from vuelve.events import grouping, services
from vuelve.events.services import prepare_log
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop
from vuelve.shops.tests.people import another_shop

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


def events(*message_ids: str, **more: Any) -> str:
    return json.dumps(
        [
            {
                "ordinal": number,
                "kind": 1,
                "name": "A",
                "occurred_at": NOW.isoformat(),
                "message_id": message_id,
            }
            | {"user_id": "u1", "properties": {}}
            | more
            for number, message_id in enumerate(message_ids)
        ]
    )


def kept(shop: Shop) -> list[str]:
    with for_shop(ShopId(shop.pk)) as cursor:
        found = cursor.execute("SELECT message_id FROM events_event WHERE shop_id = %s ORDER BY 1", [shop.pk])
        return [row[0] for row in found.fetchall()]


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was committed, or tried, in order."""
    prepare_log(now=NOW)
    done: list[str] = []

    def watched(**given: Any) -> int:
        done.append(given["events"])
        return services.append_api(**given)

    monkeypatch.setattr(grouping, "append_api", watched)
    return done


def at_once(shop: Shop, *requests: str) -> list[int | BaseException]:
    """The answers to requests that all stand in line before the first of them is committed."""
    answers: list[int | BaseException] = [0] * len(requests)

    def send(number: int) -> None:
        try:
            answers[number] = grouping.append(
                shop=ShopId(shop.pk), events=requests[number], rows=len(json.loads(requests[number])), now=NOW
            )
        except Exception as error:
            answers[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=[number]) for number in range(len(requests))]
    with grouping._LOCKS[shop.pk % len(grouping._LOCKS)]:
        for thread in threads:
            thread.start()
        wait_for(lambda: sum(map(len, grouping._lines.values())) == len(requests))
    for thread in threads:
        thread.join(timeout=30)
    return answers


def wait_for(is_so: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if is_so():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never was so")


def test_who_stands_in_line_shares_a_commit(shop: Shop, commits: list[str]) -> None:
    answers = at_once(shop, *(events(f"m{n}") for n in range(8)))
    assert answers == [0] * 8
    assert kept(shop) == [f"m{n}" for n in range(8)]
    assert len(commits) == 1


def test_duplicates_across_requests_are_counted_once(shop: Shop, commits: list[str]) -> None:
    answers = at_once(shop, events("m1", "m2"), events("m2", "m3"), events("m1"))
    assert kept(shop) == ["m1", "m2", "m3"]
    assert sorted(answers, key=str) == [0, 0, 2]


def test_what_cannot_be_stored_costs_nobody_else(shop: Shop, commits: list[str]) -> None:
    bad = events("bad", occurred_at="not a time")
    answers = at_once(shop, events("m1"), bad, events("m2"))
    assert kept(shop) == ["m1", "m2"]
    assert answers[0] == answers[2] == 0
    assert isinstance(answers[1], Exception)
    assert len(commits) == 4  # together in vain, then one by one


def test_shops_that_share_a_lock_share_no_commit(shop: Shop, commits: list[str]) -> None:
    other = another_shop()
    while other.pk % len(grouping._LOCKS) != shop.pk % len(grouping._LOCKS):
        other = another_shop()
    for one in (shop, other):
        assert grouping.append(shop=ShopId(one.pk), events=events("m1"), rows=1, now=NOW) == 0
    assert kept(shop) == kept(other) == ["m1"]
    assert not grouping._lines


def test_a_line_is_empty_after_a_failure(shop: Shop, commits: list[str]) -> None:
    with pytest.raises(Exception, match="not a time"):
        grouping.append(shop=ShopId(shop.pk), events=events("m1", occurred_at="not a time"), rows=1, now=NOW)
    assert not grouping._lines
    assert grouping.append(shop=ShopId(shop.pk), events=events("m1"), rows=1, now=NOW) == 0
    assert grouping.append(shop=ShopId(shop.pk), events=events("m1"), rows=1, now=NOW) == 1
    assert kept(shop) == ["m1"]
