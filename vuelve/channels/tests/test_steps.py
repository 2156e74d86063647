"""The journey step `send` and the outbox it fills."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

import pytest

from vuelve.channels.services import OutboxSink
from vuelve.channels.steps import SendStep
from vuelve.channels.tests.samples import NOON, contents, publish
from vuelve.platform.db import Cursor, fetch_dicts, for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import StepGroup
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop
from vuelve.testing import make_shop

RUN_BATCH = """CREATE TEMP TABLE IF NOT EXISTS run_batch (
    shop_id bigint, customer_id bigint, run_id bigint, journey_id bigint, version_id bigint, step_key text COLLATE "C",
    entered_step_at timestamptz, event_xid bigint, event_seq bigint, entry_key text, entered_at timestamptz,
    data jsonb, outcome text, wake_at timestamptz) ON COMMIT DROP"""


def group(cursor: Cursor, shop: Shop, runs: int, config: Mapping[str, Any], step: str = "hello") -> StepGroup:
    """Runs that stand at a step, and one each of another step and another version, which are not the group's."""
    cursor.execute(
        "DROP TABLE IF EXISTS pg_temp.run_batch"
    )  # the engine's own, on a connection that it has used
    cursor.execute(RUN_BATCH)
    for number, version, key in [*((n, 7, step) for n in range(runs)), (100, 8, step), (101, 7, "other")]:
        cursor.execute(
            "INSERT INTO pg_temp.run_batch (shop_id, customer_id, run_id, journey_id, version_id, step_key, event_xid, "
            "event_seq, entry_key, data) VALUES (%s, %s, %s, 3, %s, %s, '5', 6, '', %s)",
            [shop.pk, 1000 + number, number, version, key, json.dumps({"coupon": {"code": f"C{number}"}})],
        )
    return StepGroup(
        cursor=cursor,
        now=NOON,
        shop=ShopId(shop.pk),
        journey_id=3,
        journey_key="welcome",
        version_id=7,
        step_key=step,
        config=config,
        sink=OutboxSink(),
    )


def messages(cursor: Cursor, shop: Shop) -> list[dict[str, Any]]:
    cursor.execute("SELECT * FROM channels_message WHERE shop_id = %s ORDER BY run_id", [shop.pk])
    return fetch_dicts(cursor)


def test_one_message_a_run_of_the_newest_version(shop: Shop) -> None:
    publish(shop, purpose="marketing")
    version = publish(shop, purpose="marketing", parts=contents(subject="Nueva"))
    with for_shop(ShopId(shop.pk)) as cursor:
        SendStep().advance(group(cursor, shop, 3, {"template": "thanks"}))
        made = messages(cursor, shop)
        outcomes = cursor.execute("SELECT run_id, outcome FROM pg_temp.run_batch ORDER BY run_id").fetchall()
    assert [(m["run_id"], m["customer_id"], m["idempotency_key"]) for m in made] == [
        (n, 1000 + n, f"run:{n}:hello:email") for n in range(3)
    ]
    first = made[0]
    assert (first["template_version_id"], first["purpose"], first["channel"]) == (
        version,
        "marketing",
        "email",
    )
    assert (first["status"], first["due_at"], first["queued_at"]) == ("queued", NOON, NOON)
    assert (first["journey_id"], first["journey_version_id"], first["step_key"]) == (3, 7, "hello")
    assert (first["event_xid"], first["event_seq"], first["data"]) == (5, 6, '{"coupon": {"code": "C0"}}')
    assert outcomes == [(0, "sent"), (1, "sent"), (2, "sent"), (100, None), (101, None)]


def test_a_run_that_comes_again_queues_nothing_twice(shop: Shop) -> None:
    publish(shop)
    for _ in range(2):
        with for_shop(ShopId(shop.pk)) as cursor:
            SendStep().advance(group(cursor, shop, 3, {"template": "thanks"}))
    with for_shop(ShopId(shop.pk)) as cursor:
        assert len(messages(cursor, shop)) == 3
        SendStep().advance(group(cursor, shop, 3, {"template": "thanks"}, step="again"))
        assert len(messages(cursor, shop)) == 6  # another step is another message


def test_a_template_that_is_gone_queues_nothing(shop: Shop) -> None:
    publish(make_shop())  # another shop's does not count
    with pytest.raises(VuelveError) as caught, for_shop(ShopId(shop.pk)) as cursor:
        SendStep().advance(group(cursor, shop, 3, {"template": "thanks"}))
    assert caught.value.code == "missing_template"
    with for_shop(ShopId(shop.pk)) as cursor:
        assert messages(cursor, shop) == []


def test_check(shop: Shop) -> None:
    publish(shop)
    step = SendStep()
    step.check({"template": "thanks"}, "steps.hello.config", ShopId(shop.pk))
    for config in ({}, {"template": ""}, {"template": 5}, {"template": uuid.uuid4().hex}, {"template": None}):
        with pytest.raises(VuelveError) as caught:
            step.check(config, "steps.hello.config", ShopId(shop.pk))
        assert (caught.value.code, caught.value.field) == ("missing_template", "steps.hello.config.template")
    with pytest.raises(VuelveError):
        step.check({"template": "thanks"}, "x", ShopId(make_shop().pk))
    assert step.outcomes({}) == ("sent",)
    assert step.summary({"template": "thanks"}) == "thanks"
