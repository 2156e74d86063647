"""What refunds give back: of the order, and of each of its lines. Pure; amounts in minor units.

A refund names lines, an amount, both or neither; neither means everything that is left. Refunds are settled one after
another by their own time, so the result follows from the order and the set of its refunds alone.

- A line's part of a refund is the amount that the refund gives for it. Without one it is what its pieces cost: half up
  on the running number of pieces, so that the parts of a line refunded piece by piece add up to the line.
- An amount without lines is split over all that is left of the lines and of the rest (shipping, tax) in proportion, by
  largest remainder: the parts add up to the amount.
- An amount with lines is the whole of it. Past the lines' parts, it is shipping and tax; below them, they share it in
  proportion.
- The order's total, a line's amount and a line's pieces are never exceeded: what is too much is cut off and reported.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    line_id: str | None
    product_id: str
    quantity: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RefundLine:
    line_id: str | None
    product_id: str | None
    quantity: Decimal | None  # None: all that is left of it, or no piece if there is an amount
    amount: Decimal | None  # in major units


@dataclass(frozen=True, slots=True)
class Refund:
    refund_id: str
    currency: str | None  # None: the order's
    requested: Decimal | None  # in major units
    lines: Sequence[RefundLine] = ()


@dataclass(frozen=True, slots=True)
class Order:
    currency: str
    digits: int
    total_minor: int
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class SettledRefund:
    refund_id: str
    outcome: str  # applied, capped, other_currency
    amount_minor: int
    excess_minor: int


@dataclass(slots=True)
class Settled:
    refunds: list[SettledRefund] = field(default_factory=list)
    lines: dict[int, tuple[int, int]] = field(default_factory=dict)  # line -> pieces, amount given back

    @property
    def refunded_minor(self) -> int:
        return sum(refund.amount_minor for refund in self.refunds)


@dataclass(slots=True)
class _Left:
    """What is left of an order while its refunds are settled."""

    order: Order
    total: int
    pieces: dict[int, int]
    amounts: dict[int, int]
    rest: int  # of shipping, tax and whatever else is on no line


def settle(order: Order, refunds: Sequence[Refund]) -> Settled:
    """`refunds` in the order of their own time."""
    amounts = {line.number: line.amount_minor for line in order.lines}
    left = _Left(
        order=order,
        total=order.total_minor,
        pieces={line.number: line.quantity for line in order.lines},
        amounts=amounts,
        rest=max(order.total_minor - sum(amounts.values()), 0),
    )
    settled = Settled(refunds=[_settle_one(left, refund) for refund in refunds])
    settled.lines = {
        line.number: (line.quantity - left.pieces[line.number], line.amount_minor - left.amounts[line.number])
        for line in order.lines
    }
    return settled


def _settle_one(left: _Left, refund: Refund) -> SettledRefund:
    if refund.currency is not None and refund.currency != left.order.currency:
        return SettledRefund(refund.refund_id, "other_currency", 0, 0)
    requested = None if refund.requested is None else _minor(refund.requested, left.order.digits)
    if refund.lines:
        parts, elsewhere = _parts_of_lines(left, refund.lines)
        wanted = sum(parts.values()) + elsewhere if requested is None else requested
    else:
        wanted = left.total if requested is None else requested
        if requested is None:
            left.pieces = dict.fromkeys(left.pieces, 0)
        parts = _spread(min(wanted, left.total), {**left.amounts, 0: left.rest})
        parts.pop(0)
    amount = min(wanted, left.total)
    if sum(parts.values()) > amount:
        parts = _spread(amount, parts)
    for number, part in parts.items():
        left.amounts[number] -= part
    left.rest = max(left.rest - (amount - sum(parts.values())), 0)
    left.total -= amount
    excess = wanted - amount
    return SettledRefund(refund.refund_id, "capped" if excess else "applied", amount, excess)


def _parts_of_lines(left: _Left, named: Sequence[RefundLine]) -> tuple[dict[int, int], int]:
    """What each line gives back, and what was asked for beyond the lines. Takes the pieces."""
    parts: dict[int, int] = {}
    elsewhere = 0
    for each in named:
        lines = [line for line in left.order.lines if _is_named(line, each)]
        pieces = None if each.quantity is None else int(each.quantity.to_integral_value(ROUND_HALF_UP))
        if pieces is None and each.amount is not None:
            pieces = 0
        asked = None if each.amount is None else _minor(each.amount, left.order.digits)
        for line in lines:
            taken = left.pieces[line.number] if pieces is None else min(pieces, left.pieces[line.number])
            cost = _cost(line, left.pieces[line.number], taken)
            left.pieces[line.number] -= taken
            pieces = None if pieces is None else pieces - taken
            room = left.amounts[line.number] - parts.get(line.number, 0)
            part = min(cost if asked is None else asked, room)
            asked = None if asked is None else asked - part
            parts[line.number] = parts.get(line.number, 0) + part
        elsewhere += asked or 0
    return parts, elsewhere


def _is_named(line: Line, each: RefundLine) -> bool:
    if each.line_id is not None and line.line_id is not None:
        return line.line_id == each.line_id
    return each.product_id is not None and line.product_id == each.product_id


def _cost(line: Line, left: int, taken: int) -> int:
    """Of `taken` pieces while `left` are left: the difference of two running costs, each rounded half up."""
    if not line.quantity:
        return line.amount_minor
    gone = line.quantity - left
    return _share(line, gone + taken) - _share(line, gone)


def _share(line: Line, pieces: int) -> int:
    return (2 * line.amount_minor * pieces + line.quantity) // (2 * line.quantity)


def _spread(amount: int, weights: dict[int, int]) -> dict[int, int]:
    """`amount` in proportion to the weights, by largest remainder; of equal remainders the first line has it.

    No part exceeds its weight as long as the amount does not exceed their sum; past it, each gets its weight.
    """
    whole = sum(weights.values())
    if amount >= whole:
        return dict(weights)
    parts = {key: amount * weight // whole for key, weight in weights.items()}
    by_remainder = sorted(weights, key=lambda key: (-(amount * weights[key] % whole), key))
    for key in by_remainder[: amount - sum(parts.values())]:
        parts[key] += 1
    return parts


def _minor(amount: Decimal, digits: int) -> int:
    return int(amount.scaleb(digits).quantize(Decimal(1), ROUND_HALF_UP))
