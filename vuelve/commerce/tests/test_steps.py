"""The step `issue_coupon`: what it takes, what it says, what it does for a whole group of runs."""

import json
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

from vuelve.commerce.rules.coupons import coupon_code
from vuelve.commerce.steps import IssueCouponStep
from vuelve.commerce.tests.support import NOW, Store, later
from vuelve.platform.db import Cursor, for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import StepGroup

STEP = IssueCouponStep()


class NoSink:
    """Nothing is sent by this step."""

    def send(self, group: StepGroup) -> None:
        raise AssertionError("a coupon is no message")


@pytest.mark.parametrize(
    "config",
    [
        {"percent": 10},
        {"percent": 100, "valid_days": 1, "output": "gift_2"},
        {"amount_minor": 5000, "currency": "MXN", "valid_days": 730},
    ],
)
def test_good_configurations(store: Store, config: dict[str, Any]) -> None:
    STEP.check(config, "steps.offer.config", store.id)
    assert STEP.outcomes(config) == ("issued",)


@pytest.mark.parametrize(
    ("config", "code", "field"),
    [
        ({}, "coupon_value", "percent"),
        ({"percent": 10, "amount_minor": 5, "currency": "MXN"}, "coupon_value", "percent"),
        ({"percent": 0}, "coupon_percent", "percent"),
        ({"percent": 101}, "coupon_percent", "percent"),
        ({"percent": "10"}, "coupon_percent", "percent"),
        ({"percent": True}, "coupon_percent", "percent"),
        ({"percent": 9.5}, "coupon_percent", "percent"),
        ({"amount_minor": 0, "currency": "MXN"}, "coupon_amount", "amount_minor"),
        ({"amount_minor": 10**14, "currency": "MXN"}, "coupon_amount", "amount_minor"),
        ({"amount_minor": 500}, "coupon_currency", "currency"),
        ({"percent": 5, "currency": "MXN"}, "coupon_currency", "currency"),
        ({"amount_minor": 500, "currency": "PESOS"}, "coupon_currency", "currency"),
        ({"amount_minor": 500, "currency": ["MXN"]}, "coupon_currency", "currency"),
        ({"percent": 5, "valid_days": 0}, "coupon_valid_days", "valid_days"),
        ({"percent": 5, "valid_days": 731}, "coupon_valid_days", "valid_days"),
        ({"percent": 5, "valid_days": None}, "coupon_valid_days", "valid_days"),
        ({"percent": 5, "output": "My coupon"}, "coupon_output", "output"),
        ({"percent": 5, "output": ["coupon"]}, "coupon_output", "output"),
        ({"percent": 5, "days": 7}, "coupon_unknown_field", "days"),
    ],
)
def test_bad_configurations_are_named(store: Store, config: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(VuelveError) as refusal:
        STEP.check(config, "steps.offer.config", store.id)
    assert (refusal.value.code, refusal.value.field) == (code, f"steps.offer.config.{field}")


def test_summary() -> None:
    with translation.override("en"):
        assert STEP.summary({"percent": 10}) == "10 % off, 7 days"
        assert (
            STEP.summary({"amount_minor": 5000, "currency": "MXN", "valid_days": 1}) == "MX$50.00 off, 1 day"
        )


@pytest.fixture(autouse=True)
def own_connection(log: None) -> None:
    """The engine's own table may stand on a connection that it has used."""
    connection.close()


def fill_runs(cursor: Cursor, store: Store, *, runs: int, step_key: str = "offer", version: int = 3) -> None:
    """The engine's table, with the columns that the contract of steps names."""
    cursor.execute(
        "CREATE TEMP TABLE IF NOT EXISTS run_batch (shop_id bigint, customer_id bigint, run_id bigint, "
        "journey_id bigint, version_id bigint, step_key text, entered_step_at timestamptz, event_xid bigint, "
        "event_seq bigint, entry_key text, entered_at timestamptz, data jsonb, outcome text, wake_at timestamptz) "
        "ON COMMIT DROP"
    )
    cursor.execute(
        "INSERT INTO pg_temp.run_batch (shop_id, customer_id, run_id, journey_id, version_id, step_key, data) "
        "SELECT %s, 100 + n, n, 1, %s, %s, '{\"before\": 1}' FROM generate_series(1, %s) n",
        [store.id, version, step_key, runs],
    )


def group(cursor: Cursor, store: Store, config: dict[str, Any], **change: Any) -> StepGroup:
    facts: dict[str, Any] = {
        "now": NOW,
        "shop": store.id,
        "journey_id": 1,
        "journey_key": "cross_sell",
        "version_id": 3,
        "step_key": "offer",
        "sink": NoSink(),
    }
    return StepGroup(cursor=cursor, config=config, **facts | change)


def test_a_group_gets_its_coupons(store: Store) -> None:
    with for_shop(store.id) as cursor:
        fill_runs(cursor, store, runs=500)
        fill_runs(cursor, store, runs=1, step_key="elsewhere")
        fill_runs(cursor, store, runs=1, version=4)
        STEP.advance(group(cursor, store, {"percent": 10}))
        rows = cursor.execute(
            "SELECT version_id, step_key, run_id, data, outcome FROM pg_temp.run_batch ORDER BY run_id"
        ).fetchall()
    mine = [row for row in rows if row[:2] == (3, "offer")]
    assert len(mine) == 500
    for _, _, run, data, outcome in mine:
        assert outcome == "issued"
        assert json.loads(data) == {
            "before": 1,
            "coupon": {
                "code": coupon_code(signing_key=store.shop.signing_key, key=f"run:{run}:offer"),
                "percent": 10,
                "expires_at": "2026-03-13T06:00:00Z",
                "expires_on": "2026-03-12",
            },
        }
    assert [row[3:] for row in rows if row not in mine] == [('{"before": 1}', None)] * 2
    assert store.rows("commerce_coupon", "customer_id", "idempotency_key") == sorted(
        (100 + n, f"run:{n}:offer") for n in range(1, 501)
    )
    assert len(store.recorded("Coupon Issued")) == 500


def test_the_step_taken_again_hands_over_the_same_coupons(store: Store) -> None:
    taken = []
    for days in (0, 2):
        with for_shop(store.id) as cursor:
            fill_runs(cursor, store, runs=3)
            STEP.advance(group(cursor, store, {"percent": 10, "output": "gift"}, now=later(days=days)))
            taken.append(cursor.execute("SELECT run_id, data FROM pg_temp.run_batch ORDER BY 1").fetchall())
    assert taken[0] == taken[1]
    assert json.loads(taken[0][0][1])["gift"]["expires_on"] == "2026-03-12"
    assert len(store.rows("commerce_coupon", "code")) == 3
    assert len(store.recorded("Coupon Issued")) == 3


def test_an_amount_off(store: Store) -> None:
    with for_shop(store.id) as cursor:
        fill_runs(cursor, store, runs=1)
        STEP.advance(group(cursor, store, {"amount_minor": 500, "currency": "CLP", "valid_days": 1}))
        row = cursor.execute("SELECT data -> 'coupon' FROM pg_temp.run_batch").fetchone()
    assert row is not None
    coupon = json.loads(row[0])
    assert len(coupon.pop("code")) == 10
    assert coupon == {
        "amount_minor": 500,
        "currency": "CLP",
        "expires_at": "2026-03-07T06:00:00Z",
        "expires_on": "2026-03-06",
    }
