"""What loyalty offers the other packages: a step, a condition, an object for templates; and what it keeps of a person."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

from vuelve.commerce.tests.support import ANA, BEA, CLEO
from vuelve.loyalty.liquid import LoyaltyObject
from vuelve.loyalty.privacy import LoyaltyPrivacy
from vuelve.loyalty.steps import AwardPointsStep
from vuelve.loyalty.tests.support import NOW, Club
from vuelve.loyalty.timeline import FACES
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import MessageSubject, Person, StepGroup
from vuelve.platform.ids import CustomerId, MessageId
from vuelve.segments import services as segments

STEP = AwardPointsStep()


class NoSink:
    def send(self, group: StepGroup) -> None:
        raise AssertionError("points are no message")


def advance(club: Club, config: dict[str, Any], runs: dict[int, int]) -> dict[int, str]:
    """One group of runs (id: customer) at the step; returns the outcome of each."""
    with connection.cursor() as made:
        made.execute("DROP TABLE IF EXISTS pg_temp.run_batch")
    with for_shop(club.id) as cursor:
        cursor.execute(
            "CREATE TEMP TABLE run_batch (shop_id bigint, customer_id bigint, run_id bigint, version_id bigint, "
            "step_key text, outcome text) ON COMMIT DROP"
        )
        for run, customer in runs.items():
            cursor.execute(
                "INSERT INTO pg_temp.run_batch VALUES (%s, %s, %s, 1, 'gift', '')", [club.id, customer, run]
            )
        STEP.advance(
            StepGroup(
                cursor=cursor,
                now=NOW,
                shop=club.id,
                journey_id=1,
                journey_key="welcome",
                version_id=1,
                step_key="gift",
                config=config,
                sink=NoSink(),
            )
        )
        return dict(cursor.execute("SELECT run_id, outcome FROM pg_temp.run_batch").fetchall())


def test_the_step_awards_once_a_run(club: Club) -> None:
    config = {"points": 50, "reference": "welcome"}
    STEP.check(config, "config", club.id)
    for _time in range(2):
        assert advance(club, config, {1: ANA, 2: BEA, 3: ANA}) == dict.fromkeys((1, 2, 3), "awarded")
    assert (club.points(ANA), club.points(BEA)) == (100, 50)
    assert club.lines(BEA)[0]["reference"] == "welcome"
    club.check()


def test_the_step_says_when_there_is_no_programme(club: Club) -> None:
    club.change(is_live=False)
    assert advance(club, {"points": 50}, {1: ANA}) == {1: "no_programme"}
    assert club.points() == 0


@pytest.mark.parametrize(
    ("config", "code", "field"),
    [
        ({}, "points_invalid", "points"),
        ({"points": 0}, "points_invalid", "points"),
        ({"points": -5}, "points_invalid", "points"),
        ({"points": 1.5}, "points_invalid", "points"),
        ({"points": True}, "points_invalid", "points"),
        ({"points": 5, "reference": 5}, "points_reference", "reference"),
        ({"points": 5, "reference": "x" * 101}, "points_reference", "reference"),
        ({"points": 5, "note": ""}, "points_unknown_field", "note"),
    ],
)
def test_configurations_that_are_refused(club: Club, config: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(VuelveError) as refusal:
        STEP.check(config, "config", club.id)
    assert (refusal.value.code, refusal.value.field) == (code, f"config.{field}")


def members(club: Club, leaf: dict[str, Any]) -> set[int]:
    with for_shop(club.id) as cursor:
        segments.open_subjects(cursor)
        for customer in (ANA, BEA, CLEO):
            cursor.execute(
                "INSERT INTO pg_temp.subject (subject_id, customer_id) VALUES (%s, %s)", [customer, customer]
            )
        segments.check_condition(shop=club.id, tree=leaf, path="here")
        segments.compile_condition(shop=club.id, tree=leaf).match(cursor, shop=club.id, now=NOW)
        return {row[0] for row in cursor.execute("SELECT subject_id FROM pg_temp.subject_matched").fetchall()}


@pytest.mark.parametrize(
    ("measure", "op", "value", "found"),
    [
        ("balance", "gte", 40, {ANA}),
        ("balance", "lt", 1, {CLEO, BEA}),
        ("balance", "is", 0, {CLEO, BEA}),
        ("earned", "gte", 50, {ANA, BEA}),
        ("redeemed", "gte", 50, {BEA}),
        ("pending", "gte", 1, set()),
    ],
)
def test_the_condition(club: Club, measure: str, op: str, value: int, found: set[int]) -> None:
    club.award(50, "a", customer=ANA)
    club.award(50, "b", customer=BEA)
    club.redeem(50, "c", customer=BEA)
    assert members(club, {"type": "points", measure: {"op": op, "value": value}}) == found


@pytest.mark.parametrize(
    "leaf",
    [
        {"type": "points"},
        {"type": "points", "balance": {"op": "gte", "value": 1}, "earned": {"op": "gte", "value": 1}},
        {"type": "points", "balance": {"op": "gte", "value": -1}},
        {"type": "points", "balance": {"op": "gte", "value": 1.5}},
        {"type": "points", "balance": {"op": "gte", "value": 1}, "unit": "stars"},
    ],
)
def test_leaves_that_are_refused(club: Club, leaf: dict[str, Any]) -> None:
    with pytest.raises(VuelveError):
        segments.check_condition(shop=club.id, tree=leaf, path="here")


def test_the_object_for_templates(club: Club) -> None:
    club.change(expiry="fixed_day", expiry_month=6, expiry_day=30)
    club.award(50, "a", customer=ANA)
    club.merge(CLEO, ANA)
    club.consume()
    subjects = [
        MessageSubject(MessageId(number), CustomerId(customer), None, None, {}, "es")
        for number, customer in enumerate((ANA, BEA, CLEO))
    ]
    with for_shop(club.id) as cursor:
        found = LoyaltyObject().load(cursor, club.id, subjects)
        assert LoyaltyObject().load(cursor, club.id, []) == {}
    full = {
        "points": 50,
        "pending": 0,
        "earned": 50,
        "redeemed": 0,
        "expiring": {"points": 50, "expires_at": "2026-07-01T06:00:00+00:00"},
    }
    nothing = {"points": 0, "pending": 0, "earned": 0, "redeemed": 0, "expiring": None}
    assert [found[MessageId(number)] for number in range(3)] == [full, nothing, full]


def test_every_event_has_a_face_that_never_raises() -> None:
    with translation.override("es"):
        for face in FACES.values():
            assert face.text is not None
            assert face.text({}) == ""
            assert face.text({"points": "many"}) == ""
            assert "5" in face.text({"points": 5, "balance": 50})


def person(club: Club, *ids: int) -> Person:
    return Person(shop=club.id, ids=ids, identifiers=())


def test_a_copy_holds_the_account_and_all_that_moved(club: Club) -> None:
    club.order(total=105)
    club.consume()
    club.redeem(5, "coffee", reference="Café")
    with for_shop(club.id) as cursor:
        copy = LoyaltyPrivacy().export(cursor, person(club, ANA))
        rows = {name: list(section) for name, section in copy.items()}
    assert [row["balance"] for row in rows["points"]] == [5]
    assert [row["reference"] for row in rows["points_transfers"]] == ["", "Café"]
    assert [row["eligible_minor"] for row in rows["points_lots"]] == [10_500]


def test_erasing_forfeits_the_points_and_leaves_the_books(club: Club) -> None:
    club.change(approval_days=0)
    club.order(total=105, customer=ANA)
    club.consume()
    club.award(7, "gift", customer=BEA, note="for her birthday")
    club.redeem(2, "coffee", customer=ANA, reference="Ana's coffee")
    remains = CustomerId(9_999)
    with for_shop(club.id) as cursor:
        erased = LoyaltyPrivacy().erase(cursor, person(club, ANA, BEA), remains=remains, now=NOW)
        again = LoyaltyPrivacy().erase(cursor, person(club, ANA, BEA), remains=remains, now=NOW)
    assert erased == {"loyalty_account": 2, "loyalty_transfer": 5, "loyalty_posting": 5, "loyalty_lot": 2}
    assert set(again.values()) == {0}
    club.check()
    for table in LoyaltyPrivacy.tables:
        found = club.rows(f"SELECT * FROM {table} WHERE shop_id = %s")
        assert {row["customer_id"] for row in found} == {remains}
    assert not club.rows(
        "SELECT 1 FROM loyalty_transfer WHERE shop_id = %s AND (note || reference || actor) <> ''"
    )
    assert club.points(remains) == 0
    with pytest.raises(VuelveError):
        club.redeem(1, "x", customer=ANA)


def test_a_shop_that_has_gone_keeps_nothing(club: Club) -> None:
    for number in range(5):
        club.award(7, f"gift {number}")
    total = 0
    for _time in range(10):
        with for_shop(club.id) as cursor:
            total += sum(LoyaltyPrivacy().sweep(cursor, club.id, 2).values())
    assert total == 16
    assert not club.rows("SELECT 1 FROM loyalty_posting WHERE shop_id = %s")


def test_what_is_told_of_a_past_instant_is_dated_by_it(club: Club) -> None:
    assert isinstance(club.award(5, "a").transfer, int)
    assert isinstance(club.lines()[0]["at"], datetime)
