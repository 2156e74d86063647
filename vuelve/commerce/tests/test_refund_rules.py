"""How refunds are split: parts add up, nothing exceeds what there was."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vuelve.commerce.rules.refunds import Line, Order, Refund, RefundLine, Settled, settle

THREE = [Line(1, "a", "p", 3, 1000), Line(2, "b", "q", 1, 500), Line(3, "c", "p", 2, 300)]
ORDER = Order("MXN", 2, 2000, THREE)  # 200 of shipping


def whole(refund_id: str = "r", **more: object) -> Refund:
    return Refund(refund_id, None, None, **more)  # type: ignore[arg-type]


def amount(text: str, refund_id: str = "r", currency: str | None = None) -> Refund:
    return Refund(refund_id, currency, Decimal(text))


def of(line: str, quantity: int | None = None, money: str | None = None) -> RefundLine:
    return RefundLine(
        line,
        None,
        None if quantity is None else Decimal(quantity),
        None if money is None else Decimal(money),
    )


def outcomes(settled: Settled) -> list[tuple[str, int, int]]:
    return [(one.outcome, one.amount_minor, one.excess_minor) for one in settled.refunds]


def test_neither_lines_nor_amount_is_everything() -> None:
    settled = settle(ORDER, [whole()])
    assert outcomes(settled) == [("applied", 2000, 0)]
    assert settled.lines == {1: (3, 1000), 2: (1, 500), 3: (2, 300)}


def test_a_line_piece_by_piece_adds_up() -> None:
    pieces = [whole(str(n), lines=[of("a", 1)]) for n in range(3)]
    settled = settle(ORDER, pieces)
    assert [one.amount_minor for one in settled.refunds] == [333, 334, 333]
    assert settled.lines[1] == (3, 1000)


def test_an_amount_is_split_over_what_is_left_by_largest_remainder() -> None:
    settled = settle(ORDER, [amount("10.01")])
    assert {line: minor for line, (_pieces, minor) in settled.lines.items()} == {1: 501, 2: 250, 3: 150}
    assert settled.refunded_minor == 1001  # 100 of it is shipping
    assert all(pieces == 0 for pieces, _minor in settled.lines.values())


def test_an_amount_with_lines_is_the_whole_of_it() -> None:
    more = settle(ORDER, [Refund("r", None, Decimal(7), [of("b", 1)])])
    assert (more.refunded_minor, more.lines[2]) == (700, (1, 500))
    less = settle(ORDER, [Refund("r", None, Decimal(3), [of("b", 1), of("c", 2)])])
    assert (less.refunded_minor, less.lines[2], less.lines[3]) == (300, (1, 188), (2, 112))


def test_an_amount_of_a_line_takes_no_piece() -> None:
    assert settle(ORDER, [whole(lines=[of("a", None, "2.50")])]).lines[1] == (0, 250)


def test_a_product_in_two_lines() -> None:
    line = RefundLine(None, "p", Decimal(4), None)
    settled = settle(ORDER, [whole(lines=[line])])
    assert (settled.lines[1], settled.lines[3]) == ((3, 1000), (1, 150))


@pytest.mark.parametrize(
    ("refunds", "expected"),
    [
        ([amount("30")], [("capped", 2000, 1000)]),
        ([amount("15"), amount("15", "s")], [("applied", 1500, 0), ("capped", 500, 1000)]),
        ([whole(), whole("s")], [("applied", 2000, 0), ("applied", 0, 0)]),
        (
            [amount("5", currency="USD"), amount("5", "s", "MXN")],
            [("other_currency", 0, 0), ("applied", 500, 0)],
        ),
        ([whole(lines=[of("b", None, "900")])], [("capped", 2000, 88000)]),
        ([whole(lines=[of("nothing of the kind", 1)])], [("applied", 0, 0)]),
    ],
)
def test_what_exceeds_the_order_is_cut_off_and_reported(
    refunds: list[Refund], expected: list[tuple[str, int, int]]
) -> None:
    settled = settle(ORDER, refunds)
    assert outcomes(settled) == expected


_lines = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 10_000), st.sampled_from("pqr")), max_size=5
).map(lambda rows: [Line(n, f"l{n}", p, q, a) for n, (q, a, p) in enumerate(rows, 1)])
_money = st.none() | st.integers(0, 30_000).map(lambda minor: Decimal(minor).scaleb(-2))
_refund_lines = st.lists(
    st.builds(
        RefundLine,
        line_id=st.sampled_from([None, "l1", "l2", "l3", "x"]),
        product_id=st.sampled_from(["p", "q", "z"]),
        quantity=st.none() | st.integers(0, 6).map(Decimal),
        amount=_money,
    ),
    max_size=3,
)
_refunds = st.lists(
    st.builds(
        Refund,
        refund_id=st.just("r"),
        currency=st.sampled_from([None, "MXN", "USD"]),
        requested=_money,
        lines=_refund_lines,
    ),
    max_size=6,
)


@given(lines=_lines, total=st.integers(0, 40_000), refunds=_refunds)
def test_nothing_is_ever_exceeded(lines: list[Line], total: int, refunds: list[Refund]) -> None:
    settled = settle(Order("MXN", 2, total, lines), refunds)
    assert 0 <= settled.refunded_minor <= total
    assert all(one.amount_minor >= 0 and one.excess_minor >= 0 for one in settled.refunds)
    on_lines = 0
    for line in lines:
        pieces, minor = settled.lines[line.number]
        assert 0 <= pieces <= line.quantity
        assert 0 <= minor <= line.amount_minor
        on_lines += minor
    assert on_lines <= settled.refunded_minor
    if any(not one.lines and one.requested is None and one.currency != "USD" for one in refunds):
        assert settled.refunded_minor == total
