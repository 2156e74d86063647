"""One transfer at a time: what it does, what it refuses, and that a refusal changes nothing."""

import json
from datetime import timedelta

import psycopg
import pytest

from vuelve.commerce.tests.support import ANA, BEA
from vuelve.loyalty import services
from vuelve.loyalty.contracts import Award
from vuelve.loyalty.tests.support import NOW, Club, later
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.testing import make_shop


def refused(code: str, club: Club, deed: object) -> VuelveError:
    before = club.rows("SELECT * FROM loyalty_posting WHERE shop_id = %s"), club.points()
    with pytest.raises(VuelveError) as refusal:
        deed()  # type: ignore[operator]
    assert refusal.value.code == code
    assert (club.rows("SELECT * FROM loyalty_posting WHERE shop_id = %s"), club.points()) == before
    club.check()
    return refusal.value


def test_points_are_given_and_spent_once_a_key(club: Club) -> None:
    first = club.award(50, "welcome")
    assert (first.points, first.balance, first.is_new) == (50, 50, True)
    assert club.award(50, "welcome") == first.__class__(first.transfer, 50, 50, False)
    spent = club.redeem(30, "coffee", reference="Café")
    assert (spent.points, spent.balance, spent.is_new) == (30, 20, True)
    again = club.redeem(30, "coffee", reference="Café")
    assert (again.transfer, again.points, again.balance, again.is_new) == (spent.transfer, 30, 20, False)
    assert club.points() == 20
    assert club.told() == [
        ("Points Earned", {"transfer": first.transfer, "points": 50, "balance": 50}),
        (
            "Points Redeemed",
            {
                "transfer": spent.transfer,
                "points": 30,
                "balance": 20,
                "order_id": None,
                "reference": "Café",
            },
        ),
    ]
    club.check()


def test_a_key_stands_for_one_input(club: Club) -> None:
    club.award(50, "welcome")
    club.redeem(10, "coffee")
    for deed in (
        lambda: club.award(60, "welcome"),
        lambda: club.award(50, "welcome", customer=BEA),
        lambda: club.redeem(11, "coffee"),
        lambda: club.redeem(10, "coffee", reference="tea"),
        lambda: club.redeem(10, "welcome"),
        lambda: club.award(10, "coffee"),
    ):
        assert refused("points_key_reused", club, deed).status == 409
    assert club.points(BEA) == 0


def test_nobody_spends_what_is_not_there(club: Club) -> None:
    assert refused("points_insufficient", club, lambda: club.redeem(1, "a")).status == 409
    club.award(50, "welcome")
    refused("points_insufficient", club, lambda: club.redeem(51, "b"))
    assert club.redeem(50, "b").balance == 0  # the key that was refused is free
    refused("points_insufficient", club, lambda: club.redeem(1, "c"))


@pytest.mark.parametrize("points", [0, -1, 1_000_000_001, True, 1.5, "9"])
def test_points_that_are_none(club: Club, points: object) -> None:
    refused("points_invalid", club, lambda: club.award(points, "a"))  # type: ignore[arg-type]
    refused("points_invalid", club, lambda: club.redeem(points, "a"))  # type: ignore[arg-type]


@pytest.mark.parametrize("key", ["", "x" * 201, "a\x00b"])
def test_keys_that_are_none(club: Club, key: str) -> None:
    refused("points_key", club, lambda: club.redeem(1, key))
    refused("points_key", club, lambda: club.award(1, key))
    refused("points_reference", club, lambda: club.redeem(1, "a", reference=key or "\x00"))


def test_without_a_programme_nothing_is_given(shop, years: None) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(VuelveError, match="no loyalty programme"):
        services.award(shop=ShopId(shop.pk), award=Award(customer=CustomerId(1), points=1, key="a"), now=NOW)


def test_what_expires_first_is_spent_first(club: Club) -> None:
    club.award(10, "for good")
    club.change(expiry="age", expiry_months=12)
    club.change(expiry="never")
    club.award(10, "later for good")
    club.change(expiry="age", expiry_months=3)  # dates the open ones, too
    club.award(5, "early", now=NOW - timedelta(days=40))
    club.redeem(7, "a")
    early = club.rows("SELECT remaining FROM loyalty_lot WHERE shop_id = %s AND points = 5")
    assert [row["remaining"] for row in early] == [0]
    lots = club.rows("SELECT id, remaining FROM loyalty_lot WHERE shop_id = %s AND points = 10 ORDER BY id")
    assert [row["remaining"] for row in lots] == [8, 10]
    club.check()


def test_a_redemption_of_many_lots_is_one_line(club: Club) -> None:
    for number in range(5):
        club.award(10, f"a{number}")
    club.redeem(45, "big")
    line = club.lines()[0]
    assert (line["points"], line["balance_after"], line["kind"]) == (-45, 5, 2)
    postings = club.rows(
        "SELECT points, balance_after FROM loyalty_posting WHERE shop_id = %s AND kind = 2 ORDER BY line"
    )
    assert [tuple(row.values()) for row in postings] == [(10, 40), (10, 30), (10, 20), (10, 10), (5, 5)]
    club.check()


def test_a_redemption_is_given_back_once_to_where_it_came_from(club: Club) -> None:
    club.award(10, "a")
    club.award(10, "b")
    club.redeem(15, "coffee")
    back = services.give_back(shop=club.id, of="coffee", key="undo", now=NOW)
    assert (back.points, back.balance, back.is_new) == (15, 20, True)
    assert services.give_back(shop=club.id, of="coffee", key="undo", now=NOW).is_new is False
    refused(
        "points_returned", club, lambda: services.give_back(shop=club.id, of="coffee", key="undo 2", now=NOW)
    )
    refused(
        "points_key_reused", club, lambda: services.give_back(shop=club.id, of="coffee", key="a", now=NOW)
    )
    refused("not_found", club, lambda: services.give_back(shop=club.id, of="tea", key="u", now=NOW))
    refused("points_not_reversible", club, lambda: services.give_back(shop=club.id, of="a", key="u", now=NOW))
    assert [
        row["remaining"] for row in club.rows("SELECT remaining FROM loyalty_lot WHERE shop_id = %s")
    ] == [
        10,
        10,
    ]
    assert club.balance().redeemed == 0


def test_points_given_back_after_their_day_can_still_be_spent(club: Club) -> None:
    club.change(expiry="age", expiry_months=1)
    club.award(10, "a")
    club.redeem(10, "coffee")
    gone = later(days=70)
    assert club.settle(gone) == 1
    services.give_back(shop=club.id, of="coffee", key="undo", now=gone)
    assert club.points() == 10
    assert club.balance().expires_at == gone + timedelta(days=30)
    assert club.settle(gone + timedelta(days=29)) == 0
    assert club.settle(gone + timedelta(days=30)) == 1
    assert club.points() == 0
    club.check()


def test_adjusting_by_hand(club: Club) -> None:
    club.meet(ANA)

    def adjust(points: int, key: str, note: str = "por la espera") -> int:
        return services.adjust(
            shop=club.id, customer=ANA, points=points, key=key, note=note, actor="ana@tienda.mx", now=NOW
        ).balance

    assert adjust(20, "a") == 20
    assert adjust(-5, "b") == 15
    assert adjust(-5, "b") == 15
    refused("points_insufficient", club, lambda: adjust(-16, "c"))
    for note in ("", "   ", "x" * 501, "a\x00"):
        refused("points_note", club, lambda note=note: adjust(1, "d", note))
    assert [line["note"] for line in club.lines()] == ["por la espera"] * 2
    audited = club.rows(
        "SELECT detail FROM shops_auditentry WHERE shop_id = %s AND action = 'Points Adjusted'"
    )
    assert [json.loads(row["detail"])["points"] for row in audited] == [20, -5]
    club.check()


def test_reversing(club: Club) -> None:
    def reverse(of: str, key: str) -> int:
        return services.reverse(shop=club.id, of=of, key=key, note="error", actor="x", now=NOW).balance

    club.meet(ANA)
    club.award(20, "gift")
    club.redeem(5, "coffee")
    assert reverse("coffee", "r1") == 20
    assert reverse("coffee", "r1") == 20
    assert reverse("gift", "r2") == 0
    assert reverse("gift", "r2") == 0
    refused("points_returned", club, lambda: reverse("gift", "r3"))
    services.adjust(shop=club.id, customer=ANA, points=9, key="m", note="n", actor="x", now=NOW)
    services.adjust(shop=club.id, customer=ANA, points=-4, key="n", note="n", actor="x", now=NOW)
    assert reverse("n", "r4") == 9
    assert reverse("m", "r5") == 0
    refused("not_found", club, lambda: reverse("nothing", "r6"))
    assert (
        len(club.rows("SELECT 1 FROM shops_auditentry WHERE shop_id = %s AND action = 'Points Reversed'"))
        == 4
    )
    club.check()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO loyalty_posting (shop_id, customer_id, seq, line, unit, from_account, to_account, points, balance_after, kind, key, at) "
        "VALUES (%s, 1, 1, 1, 'points', 11, 1, 5, 5, 1, 'a', now())",
        "UPDATE loyalty_posting SET points = points + 1 WHERE shop_id = %s",
        "DELETE FROM loyalty_posting WHERE shop_id = %s",
        "INSERT INTO loyalty_account (shop_id, customer_id, unit, balance, active_at) VALUES (%s, 1, 'points', 5, now())",
        "UPDATE loyalty_account SET balance = balance + 1 WHERE shop_id = %s",
        "DELETE FROM loyalty_account WHERE shop_id = %s",
        "UPDATE loyalty_transfer SET points = points + 1 WHERE shop_id = %s",
        "DELETE FROM loyalty_transfer WHERE shop_id = %s",
        "UPDATE loyalty_lot SET remaining = 0 WHERE shop_id = %s",
        "DELETE FROM loyalty_lot WHERE shop_id = %s",
    ],
)
def test_nobody_writes_the_ledger_past_its_functions(club: Club, statement: str) -> None:
    club.award(50, "welcome")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), for_shop(club.id) as cursor:
        cursor.execute(statement, [club.id])
    assert club.points() == 50
    club.check()


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        # Each table says so by itself, whoever writes it.
        (
            "INSERT INTO loyalty_posting (shop_id, customer_id, seq, line, unit, from_account, to_account, points, balance_after, kind, key, at) "
            "VALUES (%s, 1, 1, 1, 'points', 11, 12, 5, 5, 1, 'a', now())",
            psycopg.errors.CheckViolation,
        ),
        (
            "INSERT INTO loyalty_posting (shop_id, customer_id, seq, line, unit, from_account, to_account, points, balance_after, kind, key, at) "
            "VALUES (%s, 1, 1, 1, 'points', 11, 1, 0, 5, 1, 'a', now())",
            psycopg.errors.CheckViolation,
        ),
        (
            "UPDATE loyalty_account SET balance = balance + 1 WHERE shop_id = %s",
            psycopg.errors.CheckViolation,
        ),
        (
            "UPDATE loyalty_account SET balance = -1, redeemed = redeemed + 51 WHERE shop_id = %s",
            psycopg.errors.CheckViolation,
        ),
        (
            "INSERT INTO loyalty_transfer (shop_id, key, kind, customer_id, unit, points, input_hash, at) "
            "VALUES (%s, 'welcome', 1, 1, 'points', 5, '', now())",
            psycopg.errors.UniqueViolation,
        ),
    ],
)
def test_the_tables_refuse_it_even_from_their_owner(
    club: Club, database: str, statement: str, error: type[Exception]
) -> None:
    club.award(50, "welcome")
    with psycopg.connect(database) as owner, pytest.raises(error):
        owner.execute(statement, [club.id])
    assert club.points() == 50


def test_a_function_works_in_its_own_shop_only(club: Club) -> None:
    other = ShopId(make_shop().pk)
    club.award(50, "welcome")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), for_shop(other) as cursor:
        cursor.execute(
            "SELECT loyalty_spend(%s, %s, 'points', 2::smallint, 5, 'x', NULL, '', '', '', 'Points Redeemed', now())",
            [club.id, ANA],
        )
    with for_shop(other) as cursor:
        cursor.execute("SELECT loyalty_open()")
        cursor.execute(
            "INSERT INTO pg_temp.loyalty_award_in (shop_id, key, customer_id, node_id, unit, points, earned_at) "
            "VALUES (%s, 'x', 1, 1, 'points', 5, now())",
            [club.id],
        )
        assert cursor.execute("SELECT loyalty_award(now())").fetchone() == (0,)
    assert club.points() == 50


def test_an_invariant_sees_what_does_not_add_up(club: Club, database: str) -> None:
    from vuelve.shops.invariants import check_all

    club.award(50, "welcome")
    club.redeem(10, "coffee")
    club.check()
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("UPDATE loyalty_lot SET remaining = remaining - 1 WHERE shop_id = %s", [club.id])
    found = check_all(club.id)
    assert len(found["loyalty_accounts"]) == 1
    assert "kept 40, posted 40, in lots 39" in found["loyalty_accounts"][0].what
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(
            "UPDATE loyalty_posting SET points = points + 1 WHERE shop_id = %s AND kind = 2", [club.id]
        )
    assert len(check_all(club.id)["loyalty_transfers"]) == 1
