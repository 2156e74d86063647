"""Whatever happens in whatever order, the ledger adds up and stands where a ledger of a few lines of Python stands."""

from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vuelve.commerce.tests.support import ANA, BEA
from vuelve.loyalty import services
from vuelve.loyalty.tests.support import NOW, Club
from vuelve.platform.errors import VuelveError
from vuelve.testing import make_shop

ORDERS = ("A", "B", "C")
DEEDS = st.one_of(
    st.tuples(st.just("order"), st.sampled_from(ORDERS), st.integers(0, 30_000)),
    st.tuples(st.just("refund"), st.sampled_from(ORDERS), st.integers(1, 20_000)),
    st.tuples(st.just("cancel"), st.sampled_from(ORDERS), st.just(0)),
    st.tuples(st.just("award"), st.just(""), st.integers(1, 20)),
    st.tuples(st.just("redeem"), st.sampled_from(("", "A", "B")), st.integers(1, 25)),
    st.tuples(st.just("give_back"), st.just(""), st.integers(0, 5)),
    st.tuples(st.just("reverse"), st.just(""), st.integers(0, 5)),
    st.tuples(st.just("adjust"), st.just(""), st.integers(-10, 10)),
    st.tuples(st.just("wait"), st.just(""), st.integers(1, 50)),
    st.tuples(st.just("again"), st.just(""), st.integers(0, 5)),
    st.tuples(st.just("merge"), st.just(""), st.just(0)),
    st.tuples(st.just("unmerge"), st.just(""), st.just(0)),
)
TERMS = st.fixed_dictionaries(
    {
        "allows_debt": st.booleans(),
        "approval_days": st.sampled_from((0, 0, 7)),
        "expiry": st.sampled_from(("never", "age", "fixed_day")),
        "expiry_months": st.integers(1, 2),
        "rate_points": st.integers(1, 3),
    }
)


class Story:
    """Plays deeds on a shop of its own; a refusal must leave everything as it was."""

    def __init__(self, terms: dict[str, object]) -> None:
        self.club = Club(make_shop(), **terms)
        self.club.meet(ANA, BEA)
        self.now: datetime = NOW
        self.allows_debt = bool(terms["allows_debt"])
        self.number = 0
        self.redeemed: list[tuple[str, int, str]] = []
        self.given: list[str] = []
        self.merged = False

    def play(self, deed: str, what: str, amount: int) -> None:
        self.number += 1
        try:
            getattr(self, deed)(what, amount)
        except VuelveError as error:
            if error.code not in {"points_insufficient", "points_returned", "points_not_reversible"}:
                raise
        self.club.check()
        for customer in (ANA, BEA):
            points = self.club.points(customer)
            assert points >= 0 or self.allows_debt

    def order(self, what: str, amount: int) -> None:
        self.club.order(what, total=amount / 100, at=self.now)
        self.club.consume(now=self.now)

    def refund(self, what: str, amount: int) -> None:
        self.club.refund(what, total=amount / 100, at=self.now)
        self.club.consume(now=self.now)

    def cancel(self, what: str, amount: int) -> None:
        self.club.cancel(what, at=self.now)
        self.club.consume(now=self.now)

    def award(self, what: str, amount: int) -> None:
        key = f"award {self.number}"
        self.club.award(amount, key, now=self.now)
        self.given.append(key)

    def redeem(self, what: str, amount: int) -> None:
        key, before = f"redeem {self.number}", self._spendable()
        if self.club.redeem(amount, key, now=self.now, order_id=what or None).is_new:
            assert self._spendable() == before - amount
            self.redeemed.append((key, amount, what))

    def give_back(self, what: str, amount: int) -> None:
        if self.redeemed:
            key, points, _order = self.redeemed[amount % len(self.redeemed)]
            before = self._spendable()
            posted = services.give_back(shop=self.club.id, of=key, key=f"back {key}", now=self.now)
            assert self._spendable() == before + (points if posted.is_new else 0)

    def reverse(self, what: str, amount: int) -> None:
        if self.given:
            key = self.given[amount % len(self.given)]
            services.reverse(
                shop=self.club.id, of=key, key=f"reverse {key}", note="n", actor="x", now=self.now
            )

    def adjust(self, what: str, amount: int) -> None:
        if amount:
            key = f"adjust {self.number}"
            services.adjust(
                shop=self.club.id, customer=ANA, points=amount, key=key, note="n", actor="x", now=self.now
            )
            self.given.append(key)

    def wait(self, what: str, amount: int) -> None:
        self.now += timedelta(days=amount)
        self.club.settle(self.now)

    def again(self, what: str, amount: int) -> None:
        if self.redeemed:
            key, points, order = self.redeemed[amount % len(self.redeemed)]
            before = self._spendable()
            try:
                assert not self.club.redeem(points, key, now=self.now, order_id=order or None).is_new
            except VuelveError as error:
                # An id that was merged meanwhile is another customer's: refused, not spent twice.
                if error.code != "points_key_reused":
                    raise
            assert self._spendable() == before

    def merge(self, what: str, amount: int) -> None:
        if not self.merged:
            self.club.merge(ANA, BEA)
            self.merged = True
            before = self._spendable()
            self.club.consume(now=self.now)
            assert self._spendable() == before

    def unmerge(self, what: str, amount: int) -> None:
        if self.merged:
            from vuelve.platform.db import for_shop

            with for_shop(self.club.id) as cursor:
                cursor.execute(
                    "DELETE FROM customers_alias WHERE shop_id = %s AND customer_id = %s",
                    [self.club.id, ANA],
                )
            self.club.tell_unmerged(ANA, BEA, key=f"unmerge {self.number}")
            self.club.consume(now=self.now)
            self.merged = False

    def _spendable(self) -> int:
        return self.club.points(ANA) + self.club.points(BEA)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(terms=TERMS, deeds=st.lists(DEEDS, min_size=3, max_size=25))
def test_any_interleaving_adds_up(
    years: None, terms: dict[str, object], deeds: list[tuple[str, str, int]]
) -> None:
    story = Story(terms)
    for deed in deeds:
        story.play(*deed)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_orders_and_their_refunds_in_any_order_leave_the_same_points(
    years: None, data: st.DataObject
) -> None:
    """One pass in the order of time, one as drawn, with repeats and batches anywhere: the points that stand are the same."""
    totals = data.draw(st.lists(st.integers(0, 40_000), min_size=1, max_size=3))
    events: list[tuple[str, str, int, str]] = []
    for number, total in enumerate(totals):
        events.append(("order", f"O{number}", total, ""))
        events += [
            ("refund", f"O{number}", amount, f"R{number}.{place}")
            for place, amount in enumerate(data.draw(st.lists(st.integers(1, 20_000), max_size=2)))
        ]
        if data.draw(st.booleans()):
            events.append(("cancel", f"O{number}", 0, ""))
    drawn = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=4))))
    cuts = data.draw(st.sets(st.integers(0, len(drawn)), max_size=4))

    def send(club: Club, event: tuple[str, str, int, str]) -> None:
        kind, order, amount, refund = event
        # The time says what was first; what arrives first is another matter.
        at = NOW + timedelta(minutes=events.index(event))
        if kind == "order":
            club.order(order, total=amount / 100, at=at)
        elif kind == "refund":
            club.refund(order, total=amount / 100, refund_id=refund, at=at)
        else:
            club.cancel(order, at=at)

    straight, crooked = Club(make_shop()), Club(make_shop())
    for event in events:
        send(straight, event)
    straight.consume()
    for place, event in enumerate(drawn):
        send(crooked, event)
        if place in cuts:
            crooked.consume()
    crooked.consume()
    straight.check()
    crooked.check()
    assert crooked.points() == straight.points()
