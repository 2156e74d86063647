"""Several connections at once, for real: of two who want the last points one gets them."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection

from vuelve.commerce.tests.support import ANA, BEA
from vuelve.loyalty import services
from vuelve.loyalty.tests.support import NOW, Club
from vuelve.platform.errors import VuelveError


def at_once(deeds: Sequence[Callable[[], Any]]) -> list[Any]:
    """Results or errors, each deed in a thread and on a connection of its own, begun together."""
    gate, found = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(place: int, deed: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            gate.wait()
            found[place] = deed()
        except VuelveError as error:
            found[place] = error  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_of_two_redemptions_of_the_last_points_one_wins(club: Club) -> None:
    for number in range(10):
        club.award(10, f"gift {number}")
        found = at_once([lambda n=number, k=k: club.redeem(10, f"{n} {k}") for k in range(4)])  # type: ignore[misc]
        errors = [one for one in found if isinstance(one, VuelveError)]
        assert len(errors) == 3
        assert {(error.code, error.status) for error in errors} == {("points_insufficient", 409)}
    assert club.points() == 0
    assert len([line for line in club.lines() if line["kind"] == 2]) == 10
    assert len([name for name, _properties in club.told() if name == "Points Redeemed"]) == 10
    club.check()


def test_the_same_key_at_once_is_one_transfer(club: Club) -> None:
    club.award(100, "gift")
    found = at_once([lambda: club.redeem(10, "coffee")] * 6)
    assert sorted(one.is_new for one in found) == [False] * 5 + [True]
    assert len({one.transfer for one in found}) == 1
    assert club.points() == 90
    found = at_once([lambda: club.award(5, "visit")] * 6)
    assert sorted(one.is_new for one in found) == [False] * 5 + [True]
    assert club.points() == 95
    club.check()


def test_one_return_of_a_redemption(club: Club) -> None:
    club.award(10, "gift")
    club.redeem(10, "coffee")
    found = at_once(
        [
            lambda k=k: services.give_back(shop=club.id, of="coffee", key=f"undo {k}", now=NOW)  # type: ignore[misc]
            for k in range(4)
        ]
    )
    assert len([one for one in found if isinstance(one, VuelveError)]) == 3
    assert club.points() == 10
    club.check()


class Busy:
    """Deeds of many small steps, for a thread each; they return how many points they moved."""

    def __init__(self, club: Club) -> None:
        self.club = club

    def spend(self) -> int:
        return self._sum(lambda n: self.club.redeem(3, f"s{n}", customer=(ANA, BEA)[n % 2]))

    def give(self) -> int:
        return self._sum(lambda n: self.club.award(2, f"g{n}", customer=(BEA, ANA)[n % 2]))

    def give_back(self) -> int:
        return self._sum(lambda n: services.give_back(shop=self.club.id, of=f"s{n}", key=f"b{n}", now=NOW))

    def _sum(self, deed: Callable[[int], Any]) -> int:
        total = 0
        for number in range(15):
            try:
                total += deed(number).points
            except VuelveError as error:
                if error.code not in {"points_insufficient", "not_found"}:
                    raise
        return total


def test_spending_awarding_and_refunding_at_once(club: Club) -> None:
    """Four connections, all kinds of transfers of the same two customers: it adds up, and nobody is stuck."""
    club.change(expiry="age", expiry_months=1)
    for number in range(12):
        club.order(f"O{number}", total=100, customer=(ANA, BEA)[number % 2])
    club.consume()
    expected = club.points(ANA) + club.points(BEA)
    for number in range(12):
        club.refund(f"O{number}", total=50, customer=(ANA, BEA)[number % 2])
    busy = Busy(club)
    spent, given, back_again, _filled = at_once([busy.spend, busy.give, busy.give_back, club.consume])
    withdrawn = sum(
        row["points"]
        for row in club.rows("SELECT points FROM loyalty_transfer WHERE shop_id = %s AND kind = 3")
    )
    club.check()
    assert club.points(ANA) + club.points(BEA) == expected - spent + given + back_again - withdrawn
