"""Orders: one row an order, or one row an article with the rows of an order one after the other.

A row without an order id belongs to the order above it. An order is one event, so its rows are taken or refused
together; a row that cannot be read spoils the orders it may belong to.

`Order Completed` has the message id `csv:orders:<order id>`: an order is taken once, whatever later files say of it, but
for rows that state `updated_at`: those are an `Order Updated` too, and the newest holds.
A cancelled order also gives `Order Cancelled`, a refunded one `Order Refunded` (refund id `import`; at the time that
the row states, else at that of the cancellation, else of the order), names give an identify call.
"""

import csv
from collections.abc import Iterator
from typing import Any

from vuelve.events.sources.csv.contracts import Event, Refusal, Row, Unit
from vuelve.events.sources.csv.kinds import rows
from vuelve.events.sources.csv.kinds.rows import IDENTIFY, TRACK, RefusedError, Who, event, once, read
from vuelve.events.sources.csv.mapping import Plan, normal
from vuelve.platform import limits
from vuelve.platform.errors import VuelveError

# Rows of one order that differ in one of these are not rows of one order.
_SAME = frozenset({"email", "currency", "total", "ordered_at"})
_AMOUNTS = ("total", "subtotal", "shipping", "tax", "discount")
_PLAIN = ("order_number", "coupon", "payment_method", "source_name", "email", "phone")
# What stores call the state of a payment, normalised; another word says nothing.
PAYMENT_STATES = {
    word: state
    for state, words in {
        "paid": "paid|pagado|pagada|pago|paga|completed|complete|completado|processing|partially refunded|aprobado|aprovado",
        "pending": "pending|pendiente|pendente|partially paid|on hold|pending payment",
        "authorized": "authorized|authorised|autorizado|autorizada",
        "refunded": "refunded|reembolsado|reembolsada|devuelto|estornado",
        "failed": "failed|rechazado|rechazada|recusado|recusada|declined|fallido",
        "voided": "voided|anulado|anulada|cancelled|cancelado|cancelada|expired|vencido",
    }.items()
    for word in words.split("|")
}
_TRAITS = ("first_name", "last_name", "name", "country")


class _Group:
    """The rows of the order under way."""

    __slots__ = (
        "head", "is_skipped", "is_tainted", "key", "lines", "number", "refusal", "refused_line", "rows", "taint",
    )  # fmt: skip

    def __init__(self, row: Row, key: str, number: str) -> None:
        self.rows = [row]
        self.key = key
        self.number = number
        self.head: dict[str, Any] = {}
        self.lines: list[dict[str, Any]] = []
        self.refusal: Refusal | None = None
        self.refused_line = 0
        self.is_skipped = False
        # A row without a readable id, last so far: it may be the first of the next order just as well.
        self.taint: tuple[Refusal, int] | None = None
        self.is_tainted = False  # by such a row before it

    def refuse(self, refusal: Refusal, line: int) -> None:
        if self.refusal is None:
            self.refusal, self.refused_line = refusal, line


class Orders:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._id = plan.index_of("order_id")
        self._number = plan.index_of("order_number")
        if self._id < 0:
            raise VuelveError("field_missing", "No column says `order_id`.", field="order_id")
        self._group: _Group | None = None

    @property
    def held(self) -> Row | None:
        return self._group.rows[0] if self._group else None

    @property
    def can_stop(self) -> bool:
        """Not where reading on from `held` would not know that the row before it spoilt the order."""
        return self._group is None or not self._group.is_tainted

    def take(self, row: Row) -> Iterator[Unit]:
        refusal = rows.refusal_of(row, self._plan)
        if refusal:
            yield from self._take_unreadable(row, refusal)
            return
        key = row.cells[self._id].strip()
        number = row.cells[self._number].strip() if self._number >= 0 else ""
        group = self._group
        if group and group.key and (key == group.key if key else number in ("", group.number)):
            group.taint = None
            yield from self._add(group, row)
            self._read(group, row, is_first=False)
            return
        yield from self._begin(row, key, number)
        group = self._current()
        if not key:
            column = self._plan.header[self._id]
            group.refuse(Refusal("order_id_missing", "The row has no order id.", column), row.line)
        group.is_skipped = rows.is_skipped(row, self._plan)
        self._read(group, row, is_first=True)

    def finish(self) -> Iterator[Unit]:
        if self._group:
            group, self._group = self._group, None
            yield self._close(group)

    def _current(self) -> _Group:
        assert self._group is not None
        return self._group

    def _begin(self, row: Row, key: str, number: str) -> Iterator[Unit]:
        """The order above is complete; the row is the first of the next."""
        before, self._group = self._group, _Group(row, key, number)
        if before:
            if before.taint and key:
                self._group.refuse(*before.taint)
                self._group.is_tainted = True
            yield self._close(before)

    def _add(self, group: _Group, row: Row) -> Iterator[Unit]:
        """Past the bound the order is refused, and what follows of it too: its id is taken (`events_import_key`)."""
        if len(group.rows) < limits.ORDER_LINES_MAX:
            group.rows.append(row)
            return
        refusal = Refusal("too_many_lines", f"The order has over {limits.ORDER_LINES_MAX} rows.")
        group.refuse(refusal, row.line)
        yield from self._begin(row, group.key, group.number)
        self._current().refuse(refusal, row.line)

    def _take_unreadable(self, row: Row, refusal: Refusal) -> Iterator[Unit]:
        """A row that may be an article of the order above, or of the one below: neither may lose it silently."""
        key = self._guess_key(row)
        group = self._group
        if group and group.key and key in ("", group.key):
            group.refuse(refusal, row.line)
            yield from self._add(group, row)
        else:
            yield from self._begin(row, key, "")
        group = self._current()
        group.refuse(refusal, row.line)
        group.taint = None if key else (refusal, row.line)

    def _guess_key(self, row: Row) -> str:
        cells = row.cells
        if row.refusal and len(cells) == 1:  # a line whose quotes are wrong: what stands before them is right
            delimiter = self._plan.map.delimiter
            try:
                cells = next(csv.reader([cells[0]], delimiter=delimiter), [])
            except csv.Error:
                return ""
        return cells[self._id].strip() if self._id < len(cells) - 1 else ""

    def _read(self, group: _Group, row: Row, *, is_first: bool) -> None:
        if group.refusal or group.is_skipped:
            return
        plan = self._plan
        try:
            if is_first:
                read(plan.cells, row.cells, group.head, plan.header)
            else:
                self._read_more(group, row)
            line = read(plan.lines, row.cells, {}, plan.header)
        except RefusedError as refused:
            group.refuse(refused.refusal, row.line)
            return
        if line:
            group.lines.append(line)

    def _read_more(self, group: _Group, row: Row) -> None:
        """What the first row left empty a later one may say; what it said must not change."""
        first = group.rows[0].cells
        for cell in self._plan.cells:
            text = row.cells[cell.index].strip()
            if not text or text == first[cell.index].strip():
                continue
            if not first[cell.index].strip():
                if cell.field not in group.head:
                    read([cell], row.cells, group.head, self._plan.header)
            elif cell.field in _SAME:
                column = self._plan.header[cell.index]
                raise RefusedError(
                    Refusal(
                        "rows_disagree", f"The rows of the order name different values of `{column}`.", column
                    )
                )

    def _close(self, group: _Group) -> Unit:
        unit = Unit(group.rows, key=group.key)
        if group.is_skipped:
            unit.is_skipped = True
            return unit
        if group.refusal is None:
            try:
                unit.events = self._events(group)
            except RefusedError as refused:
                group.refuse(refused.refusal, group.rows[0].line)
        unit.refusal, unit.refused_line = group.refusal, group.refused_line
        return unit

    def _events(self, group: _Group) -> list[Event]:
        plan = self._plan
        head = {**plan.constants, **group.head}
        if "ordered_at" not in head:
            raise RefusedError(
                Refusal("time_missing", "The order does not say when it was placed.", "ordered_at")
            )
        if "total" not in head and not any("price" in line or "amount" in line for line in group.lines):
            raise RefusedError(Refusal("total_missing", "The order has neither a total nor prices.", "total"))
        order_id, at = head["order_id"], head["ordered_at"]
        whose = rows.who(head, plan.shop.country)
        currency = head.get("currency") or plan.map.currency
        properties = _properties(head, currency, [_product(line) for line in group.lines])
        events = [event(TRACK, "Order Completed", at, once("orders", order_id), whose, properties)]
        updated_at = head.get("updated_at")
        if updated_at and updated_at > at:
            message_id = once("orders", order_id, "updated", f"{updated_at:%Y%m%dT%H%M%S}")
            state_now = properties | {"ordered_at": at.isoformat()}
            events.append(event(TRACK, "Order Updated", updated_at, message_id, whose, state_now))
        return events + _afterwards(head, whose, currency) + _traits(head, whose)


def _properties(head: dict[str, Any], currency: str, products: list[dict[str, Any]]) -> dict[str, Any]:
    properties: dict[str, Any] = {"order_id": head["order_id"], "currency": currency}
    properties |= {name: head[name] for name in (*_AMOUNTS, *_PLAIN) if name in head}
    if products:
        properties["products"] = products
    stated = head.get("payment_status")
    if stated and (state := PAYMENT_STATES.get(normal(stated))):
        properties["payments"] = [{"payment_id": "import", "state": state}]
    return properties


def _product(line: dict[str, Any]) -> dict[str, Any]:
    if not ("sku" in line or "product_id" in line or "product_name" in line):
        raise RefusedError(
            Refusal("product_missing", "An article of the order has no id, no SKU and no name.")
        )
    if "product_name" in line:
        line["name"] = line.pop("product_name")
    return line


def _afterwards(head: dict[str, Any], whose: Who, currency: str) -> list[Event]:
    order_id, events = head["order_id"], []
    cancelled_at = head.get("cancelled_at")
    if cancelled_at:
        properties = {"order_id": order_id, "reason": head.get("cancel_reason", "")}
        events.append(
            event(
                TRACK,
                "Order Cancelled",
                cancelled_at,
                once("orders", order_id, "cancelled"),
                whose,
                properties,
            )
        )
    if float(head.get("refunded", 0)) > 0:
        at = head.get("refunded_at") or cancelled_at or head["ordered_at"]
        properties = {
            "order_id": order_id,
            "refund_id": "import",
            "total": head["refunded"],
            "currency": currency,
        }
        events.append(
            event(TRACK, "Order Refunded", at, once("orders", order_id, "refunded"), whose, properties)
        )
    return events


def _traits(head: dict[str, Any], whose: Who) -> list[Event]:
    traits = {name: head[name] for name in _TRAITS if name in head}
    if not traits:
        return []
    traits |= {name: head[name] for name in ("email", "phone") if name in head}
    message_id = once("orders", head["order_id"], "customer")
    return [event(IDENTIFY, "identify", head["ordered_at"], message_id, whose, traits)]
