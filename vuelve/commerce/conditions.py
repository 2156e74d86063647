"""Conditions on orders and carts: how many, how much, and what was in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import ibis
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext

from vuelve.commerce.wording import CART_STATES, STATUSES
from vuelve.customers.conditions import ALIAS
from vuelve.events.conditions import AT_LEAST_ONCE, COUNT_MAX, PROPERTY, trigger_missing
from vuelve.platform import limits
from vuelve.platform.conditions import (
    TIME_TYPE,
    Comparison,
    Fields,
    Op,
    Threshold,
    read_comparison,
    read_threshold,
    within,
)
from vuelve.platform.db import Cursor
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import (
    Aggregate,
    Grain,
    Input,
    InputKind,
    Promotion,
    Source,
    Text,
    ValueType,
)
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.platform.money import Money

if TYPE_CHECKING:
    import ibis.expr.types as ir

# As in the migrations; columns that no condition reads are left out.
ORDER = ibis.table(
    {
        "shop_id": "int64",
        "customer_id": "int64",
        "order_id": "string",
        "ordered_at": TIME_TYPE,
        "currency": "string",
        "total_minor": "int64",
        "refunded_minor": "int64",
        "status": "string",
        "payment_method": "string",
        "coupon_code": "string",
    },
    name="commerce_order",
)
ORDER_KEY = ibis.table(
    {"shop_id": "int64", "order_id": "string", "customer_id": "int64"},
    name="commerce_order_key",
)
ITEM = ibis.table(
    {
        "shop_id": "int64",
        "customer_id": "int64",
        "order_id": "string",
        "line": "int16",
        "ordered_at": TIME_TYPE,
        "product_id": "string",
        "category": "string",
        "quantity": "int32",
        "refunded_quantity": "int32",
    },
    name="commerce_item",
)
# A view: as the catalogue has it now.
BOUGHT = ibis.table(
    {
        "shop_id": "int64",
        "customer_id": "int64",
        "ordered_at": TIME_TYPE,
        "sku": "string",
        "brand": "string",
        "quantity": "int32",
        "refunded_quantity": "int32",
    },
    name="commerce_bought",
)
CART = ibis.table(
    {
        "shop_id": "int64",
        "customer_id": "int64",
        "cart_id": "string",
        "last_at": TIME_TYPE,
        "state": "string",
    },
    name="commerce_cart",
)

_CATEGORY_OPS = (Op.IS, Op.IN, Op.CONTAINS, Op.STARTS_WITH, Op.ENDS_WITH, Op.IS_SET)


class OrdersCondition:
    """{"type": "orders", "count": {"op": "gte", "value": 2}, "within_days": 90, "status": "refunded",
    "payment_method": "oxxo", "coupon": "HOLA10"}: the last four may be missing. Cancelled orders count only where they are asked for."""

    key: ClassVar[str] = "orders"
    label: Text = gettext_lazy("Number of orders")

    inputs: ClassVar[tuple[Input, ...]] = (
        Input("count", InputKind.THRESHOLD, gettext_lazy("Orders"), default={"op": "gte", "value": "1"}),
        Input("within_days", InputKind.DAYS, gettext_lazy("In the last days"), is_optional=True),
        Input(
            "status",
            InputKind.CHOICE,
            gettext_lazy("State"),
            choices=tuple((key, label) for key, (label, _tone) in STATUSES.items()),
            is_optional=True,
        ),
        Input(
            "payment_method",
            InputKind.TEXT,
            gettext_lazy("Paid with"),
            suggests="payment_methods",
            is_optional=True,
        ),
        Input("coupon", InputKind.TEXT, gettext_lazy("With the coupon"), is_optional=True),
    )

    def check(self, leaf: Mapping[str, Any], path: str) -> None:
        _read_orders(leaf, path)

    def aggregates(self, leaves: Sequence[Mapping[str, Any]]) -> Sequence[Aggregate]:
        return [_orders_aggregate(_read_orders(leaf)) for leaf in leaves]

    def promotions(self, leaf: Mapping[str, Any], trigger: str | None) -> Sequence[Promotion]:
        return []

    def describe(self, leaf: Mapping[str, Any]) -> str:
        wanted = _read_orders(leaf)
        line = ngettext("%(count)s order", "%(count)s orders", wanted.count.value)
        parts = [within(line % {"count": wanted.count.describe(str(wanted.count.value))}, wanted.within_days)]
        if wanted.status:
            parts.append(str(STATUSES[wanted.status][0]))
        if wanted.payment_method:
            parts.append(gettext("paid with %(method)s") % {"method": wanted.payment_method})
        if wanted.coupon:
            parts.append(gettext("with the coupon %(coupon)s") % {"coupon": wanted.coupon})
        return ", ".join(parts)


class CartCondition:
    """{"type": "cart", "state": "abandoned", "count": {"op": "gte", "value": 1}, "within_days": 7}: by when the cart was
    last used."""

    key: ClassVar[str] = "cart"
    label: Text = gettext_lazy("Has a cart")

    inputs: ClassVar[tuple[Input, ...]] = (
        Input(
            "state",
            InputKind.CHOICE,
            gettext_lazy("State"),
            choices=tuple((key, label) for key, (label, _tone) in CART_STATES.items()),
            default={"": "abandoned"},
        ),
        Input("count", InputKind.THRESHOLD, gettext_lazy("Carts"), default={"op": "gte", "value": "1"}),
        Input("within_days", InputKind.DAYS, gettext_lazy("In the last days"), is_optional=True),
    )

    def check(self, leaf: Mapping[str, Any], path: str) -> None:
        _read_cart(leaf, path)

    def aggregates(self, leaves: Sequence[Mapping[str, Any]]) -> Sequence[Aggregate]:
        return [_cart_aggregate(*_read_cart(leaf)) for leaf in leaves]

    def promotions(self, leaf: Mapping[str, Any], trigger: str | None) -> Sequence[Promotion]:
        return []

    def describe(self, leaf: Mapping[str, Any]) -> str:
        state, count, days = _read_cart(leaf)
        line = ngettext("%(count)s cart", "%(count)s carts", count.value)
        state_text = str(CART_STATES[state][0])
        return within(line % {"count": count.describe(str(count.value))}, days) + ", " + state_text


class SpentCondition:
    """{"type": "spent", "amount_minor": {"op": "gte", "value": 50000}, "currency": "MXN", "within_days": 365}

    Less what was refunded, without cancelled orders. Orders in other currencies are not counted, and `describe` says so.
    """

    key: ClassVar[str] = "spent"
    label: Text = gettext_lazy("Amount spent")

    inputs: ClassVar[tuple[Input, ...]] = (
        Input("amount_minor", InputKind.MONEY, gettext_lazy("Amount"), default={"op": "gte"}),
        Input("currency", InputKind.TEXT, gettext_lazy("Currency"), suggests="currencies"),
        Input("within_days", InputKind.DAYS, gettext_lazy("In the last days"), is_optional=True),
    )

    def check(self, leaf: Mapping[str, Any], path: str) -> None:
        _read_spent(leaf, path)

    def aggregates(self, leaves: Sequence[Mapping[str, Any]]) -> Sequence[Aggregate]:
        return [_spent_aggregate(_read_spent(leaf)) for leaf in leaves]

    def promotions(self, leaf: Mapping[str, Any], trigger: str | None) -> Sequence[Promotion]:
        return []

    def describe(self, leaf: Mapping[str, Any]) -> str:
        spent = _read_spent(leaf)
        shown = Money(spent.amount.value, spent.currency).format(get_language() or "en")
        return within(
            gettext("%(amount)s spent (only orders in %(currency)s)")
            % {"amount": spent.amount.describe(shown), "currency": spent.currency},
            spent.within_days,
        )

    def found(
        self,
        cursor: Cursor,
        shop: ShopId,
        customer: CustomerId,
        leaf: Mapping[str, Any],
        figure: Decimal | int,
    ) -> str:
        """The amount as money."""
        return Money(int(figure), leaf["currency"]).format(get_language() or "en")


class OrderedCondition:
    """{"type": "ordered", "category": "CAMERA", "quantity": {"op": "gte", "value": 1}, "within_days": 90},
    or `product_id`, `brand` or `sku` in place of `category`."""

    key: ClassVar[str] = "ordered"
    label: Text = gettext_lazy("Bought a category or product")

    inputs: ClassVar[tuple[Input, ...]] = (
        Input(
            "what",
            InputKind.NAMED,
            gettext_lazy("Bought"),
            choices=(
                ("category", gettext_lazy("Category")),
                ("brand", gettext_lazy("Brand")),
                ("product_id", gettext_lazy("Product")),
                ("sku", gettext_lazy("SKU")),
            ),
            suggests="products",
        ),
        Input("quantity", InputKind.THRESHOLD, gettext_lazy("Pieces"), default={"op": "gte", "value": "1"}),
        Input("within_days", InputKind.DAYS, gettext_lazy("In the last days"), is_optional=True),
    )

    def check(self, leaf: Mapping[str, Any], path: str) -> None:
        _read_ordered(leaf, path)

    def aggregates(self, leaves: Sequence[Mapping[str, Any]]) -> Sequence[Aggregate]:
        return [_ordered_aggregate(_read_ordered(leaf)) for leaf in leaves]

    def promotions(self, leaf: Mapping[str, Any], trigger: str | None) -> Sequence[Promotion]:
        return []

    def describe(self, leaf: Mapping[str, Any]) -> str:
        ordered = _read_ordered(leaf)
        line = {
            "category": gettext("%(quantity)s of category %(value)s bought"),
            "brand": gettext("%(quantity)s of brand %(value)s bought"),
            "product_id": gettext("%(quantity)s of product %(value)s bought"),
            "sku": gettext("%(quantity)s of SKU %(value)s bought"),
        }[ordered.column]
        quantity = ordered.quantity.describe(str(ordered.quantity.value))
        return within(line % {"quantity": quantity, "value": ordered.value}, ordered.within_days)


class TriggerOrderCondition:
    """{"type": "trigger_order", "category": {"op": "in", "value": ["CAMERA", "LENS"]}}: the order that the event
    which is looked at names by its property order_id."""

    key: ClassVar[str] = "trigger_order"
    label: Text = gettext_lazy("The order of the event contains")

    def check(self, leaf: Mapping[str, Any], path: str) -> None:
        _read_trigger_order(leaf, path)

    def aggregates(self, leaves: Sequence[Mapping[str, Any]]) -> Sequence[Aggregate]:
        source = Source(rows=_items_of_named_order(), grain=Grain.TRIGGER)
        return [_trigger_order_aggregate(_read_trigger_order(leaf), source) for leaf in leaves]

    def promotions(self, leaf: Mapping[str, Any], trigger: str | None) -> Sequence[Promotion]:
        if trigger is None:
            raise trigger_missing()
        return [Promotion(trigger, "order_id", ValueType.TEXT)]

    def describe(self, leaf: Mapping[str, Any]) -> str:
        comparison = _read_trigger_order(leaf)
        return comparison.describe(gettext("a category in the order"))


@dataclass(frozen=True, slots=True)
class _Orders:
    count: Threshold
    status: str | None
    payment_method: str | None
    coupon: str | None
    within_days: int | None


@dataclass(frozen=True, slots=True)
class _Spent:
    amount: Threshold
    currency: str
    within_days: int | None


@dataclass(frozen=True, slots=True)
class _Ordered:
    column: str
    value: str
    quantity: Threshold
    within_days: int | None


def _read_orders(leaf: Mapping[str, Any], path: str = "") -> _Orders:
    fields = Fields(leaf, path)
    count = read_threshold(fields, "count", most=COUNT_MAX)
    status = fields.choice("status", tuple(STATUSES)) if fields.has("status") else None
    method = fields.text("payment_method", chars_max=100).lower() if fields.has("payment_method") else None
    coupon = fields.text("coupon", chars_max=100) if fields.has("coupon") else None
    days = fields.days()
    fields.end("within_days", "status", "payment_method", "coupon")
    return _Orders(count=count, status=status, payment_method=method, coupon=coupon, within_days=days)


def _orders_aggregate(wanted: _Orders) -> Aggregate:
    def counts(rows: "ir.Table") -> "ir.BooleanValue":
        counted = rows.status == wanted.status if wanted.status else rows.status != "cancelled"
        if wanted.payment_method:
            counted &= rows.payment_method == wanted.payment_method
        if wanted.coupon:
            counted &= rows.coupon_code == wanted.coupon
        return counted

    return Aggregate(source=_orders(), test=wanted.count.test, within_days=wanted.within_days, where=counts)


def _read_cart(leaf: Mapping[str, Any], path: str = "") -> tuple[str, Threshold, int | None]:
    fields = Fields(leaf, path)
    state = fields.choice("state", tuple(CART_STATES))
    count = read_threshold(fields, "count", most=COUNT_MAX, default=AT_LEAST_ONCE)
    days = fields.days()
    fields.end("count", "within_days")
    return state, count, days


def _cart_aggregate(state: str, count: Threshold, days: int | None) -> Aggregate:
    return Aggregate(
        source=Source(rows=CART, grain=Grain.CUSTOMER, time="last_at"),
        test=count.test,
        within_days=days,
        where=lambda rows: rows.state == state,
    )


def read_currency(fields: Fields) -> str:
    """The field `currency`. Raises VuelveError `invalid_currency`."""
    currency = fields.text("currency", chars_max=3)
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()):
        raise VuelveError(
            "invalid_currency",
            "The currency is no ISO 4217 code.",
            field=fields.at("currency"),
            hint="Write three capitals, e.g. MXN.",
        )
    return currency


def _read_spent(leaf: Mapping[str, Any], path: str = "") -> _Spent:
    fields = Fields(leaf, path)
    amount = read_threshold(fields, "amount_minor", most=limits.AMOUNT_MINOR_MAX)
    currency = read_currency(fields)
    days = fields.days()
    fields.end("within_days")
    return _Spent(amount=amount, currency=currency, within_days=days)


def _spent_aggregate(spent: _Spent) -> Aggregate:
    return Aggregate(
        source=_orders(),
        test=spent.amount.test,
        within_days=spent.within_days,
        where=lambda rows: (rows.currency == spent.currency) & (rows.status != "cancelled"),
        measure=lambda rows, counted: (rows.total_minor - rows.refunded_minor).sum(where=counted),
    )


def _read_ordered(leaf: Mapping[str, Any], path: str = "") -> _Ordered:
    fields = Fields(leaf, path)
    columns = [name for name in ("category", "brand", "product_id", "sku") if fields.has(name)]
    if len(columns) != 1:
        raise VuelveError(
            "missing_field" if not columns else "unknown_field",
            "Say one of a category, a brand, a product and an SKU.",
            field=fields.at("category"),
            hint="Write one of `category`, `brand`, `product_id` and `sku`.",
        )
    value = fields.text(columns[0], chars_max=limits.TRAIT_TEXT_CHARS_MAX)
    quantity = read_threshold(fields, "quantity", most=COUNT_MAX, default=AT_LEAST_ONCE)
    days = fields.days()
    fields.end("quantity", "within_days")
    return _Ordered(column=columns[0], value=value, quantity=quantity, within_days=days)


def _ordered_aggregate(ordered: _Ordered) -> Aggregate:
    rows = BOUGHT if ordered.column in ("brand", "sku") else ITEM
    return Aggregate(
        source=Source(rows=rows, grain=Grain.CUSTOMER, time="ordered_at"),
        test=ordered.quantity.test,
        within_days=ordered.within_days,
        where=lambda rows: rows[ordered.column] == ordered.value,
        measure=lambda rows, counted: (rows.quantity - rows.refunded_quantity).sum(where=counted),
    )


def _read_trigger_order(leaf: Mapping[str, Any], path: str = "") -> Comparison:
    fields = Fields(leaf, path)
    inner = Fields(fields.get("category"), fields.at("category"))
    inner.choice(
        "op", _CATEGORY_OPS
    )  # not `is_not`: of an order with many categories it could mean two things
    comparison = read_comparison(inner, fixed_type=ValueType.TEXT)
    inner.end("value", "value_type")
    fields.end()
    return comparison


def _trigger_order_aggregate(comparison: Comparison, source: Source) -> Aggregate:
    return Aggregate(
        source=source,
        test=lambda rows: rows > 0,
        where=lambda rows: comparison.holds(rows.category),
    )


def _orders() -> Source:
    return Source(rows=ORDER, grain=Grain.CUSTOMER, time="ordered_at")


def _items_of_named_order() -> "ir.Table":
    """Items of the order that an event names, with the event's customer_id and seq.

    Event and order may stand under two ids of one customer that were merged in between; an order of another
    customer does not count, whoever names it.
    """
    named = PROPERTY.filter(PROPERTY.name == "order_id").select(
        "shop_id", "customer_id", "seq", order_id="text_value"
    )
    found = named.join(ORDER_KEY, ["shop_id", "order_id"]).select(
        "shop_id", "customer_id", "seq", "order_id", buyer_id="customer_id_right"
    )
    items = found.join(
        ITEM,
        [found.shop_id == ITEM.shop_id, found.buyer_id == ITEM.customer_id, found.order_id == ITEM.order_id],
    ).select("shop_id", "customer_id", "seq", "buyer_id", "category")
    of_event, of_buyer = ALIAS.view(), ALIAS.view()
    items = items.left_join(
        of_event, [items.shop_id == of_event.shop_id, items.customer_id == of_event.customer_id]
    ).select(items, event_owner_id=of_event.canonical_id)
    items = items.left_join(
        of_buyer, [items.shop_id == of_buyer.shop_id, items.buyer_id == of_buyer.customer_id]
    ).select(items, buyer_owner_id=of_buyer.canonical_id)
    return items.filter(
        ibis.coalesce(items.event_owner_id, items.customer_id)
        == ibis.coalesce(items.buyer_owner_id, items.buyer_id)
    ).select("shop_id", "customer_id", "seq", "category")
