"""A small shop for tests of conditions: rows written straight into the tables, and a plain reading of trees.

`World.holds` is the oracle: it goes through all rows with loops, and shares nothing with the compiler but the
spelling of texts.
"""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from vuelve.customers.rules.texts import text_key
from vuelve.events.services import make_months
from vuelve.platform.db import Cursor, copy_rows, for_shop
from vuelve.platform.ids import ShopId
from vuelve.segments import services as segments

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
TRAIT_COLUMNS = ("text_value", "text_key", "number_value", "boolean_value", "time_value")


@dataclass
class Event:
    seq: int
    customer: int
    name: str
    at: datetime
    received_at: datetime
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass
class Order:
    order_id: str
    customer: int
    at: datetime
    currency: str
    total_minor: int
    items: list[tuple[str, str | None, int]] = field(default_factory=list)  # product, category, quantity


@dataclass(frozen=True)
class Subject:
    id: int
    customer: int
    event_seq: int | None = None


@dataclass
class World:
    profiles: dict[int, dict[str, Any]] = field(default_factory=dict)
    traits: dict[int, dict[str, Any]] = field(default_factory=dict)
    aliases: dict[int, int] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)

    # --- writing it ---------------------------------------------------------------------------------

    def write(self, shop: ShopId) -> None:
        make_months("events_event", date(2025, 1, 1), date(2026, 4, 30))
        with for_shop(shop) as cursor:
            for customer, profile in self.profiles.items():
                columns = {"created_at": NOW, "first_seen_at": NOW, "last_seen_at": NOW, **profile}
                _insert(cursor, "customers_customer", {"shop_id": shop, "id": customer, **columns})
            for customer, traits in self.traits.items():
                for name, value in traits.items():
                    _insert(cursor, "customers_trait", _trait_row(shop, customer, name, value))
            for merged, canonical in self.aliases.items():
                _insert(
                    cursor,
                    "customers_alias",
                    {
                        "shop_id": shop,
                        "customer_id": merged,
                        "canonical_id": canonical,
                        "merged_at": NOW,
                        "reason": "test",
                    },
                )
            for event in self.events:
                self._write_event(cursor, shop, event)
            for order in self.orders:
                self._write_order(cursor, shop, order)

    def _write_event(self, cursor: Cursor, shop: ShopId, event: Event) -> None:
        row: dict[str, Any] = {
            "shop_id": shop,
            "seq": event.seq,
            "kind": 1,
            "origin": 0,
            "customer_id": event.customer,
        }
        row |= {"occurred_at": event.at, "received_at": event.received_at, "name": event.name}
        row |= {"source": "test", "message_id": f"m{event.seq}", "properties": "{}"}
        _insert(cursor, "events_event", row)
        for name, value in event.properties.items():
            typed = {column: v for column, v in _typed(value).items() if column != "text_key"}
            key = {"shop_id": shop, "customer_id": event.customer, "seq": event.seq, "name": name}
            _insert(cursor, "events_property", key | typed)

    def _write_order(self, cursor: Cursor, shop: ShopId, order: Order) -> None:
        key = {"shop_id": shop, "customer_id": order.customer, "order_id": order.order_id}
        money = {"currency": order.currency, "subtotal_minor": 0, "total_minor": order.total_minor}
        _insert(cursor, "commerce_order", key | {"ordered_at": order.at, "event_seq": 1} | money)
        _insert(cursor, "commerce_order_key", key)
        for line, (product, category, quantity) in enumerate(order.items):
            what = {"product_id": product, "category": category, "quantity": quantity}
            prices = {"line": line, "ordered_at": order.at, "price_minor": 1, "amount_minor": 1}
            _insert(cursor, "commerce_item", key | prices | what)

    # --- reading a tree by loops ------------------------------------------------------------------------

    def canonical(self, customer: int) -> int:
        return self.aliases.get(customer, customer)

    def everyone(self) -> set[int]:
        return {customer for customer in self.profiles if customer not in self.aliases}

    def holds(self, tree: Mapping[str, Any], subject: Subject, now: datetime) -> bool:
        if "all" in tree:
            return all(self.holds(child, subject, now) for child in tree["all"])
        if "any" in tree:
            return any(self.holds(child, subject, now) for child in tree["any"])
        if "not" in tree:
            return not self.holds(tree["not"], subject, now)
        return bool(getattr(self, f"_{tree['type']}")(tree, subject, now))

    def _trait(self, leaf: Mapping[str, Any], subject: Subject, now: datetime) -> bool:
        customer = self.canonical(subject.customer)
        name = leaf["name"]
        if name in {"country", "email", "last_seen_at"}:
            default = {"last_seen_at": NOW} if customer in self.profiles else {}
            value = {**default, **self.profiles.get(customer, {})}.get(name)
            return _compare(value, leaf, key=lambda text: text)
        return _compare(self.traits.get(customer, {}).get(name), leaf, key=text_key)

    def _event(self, leaf: Mapping[str, Any], subject: Subject, now: datetime) -> bool:
        count = sum(
            event.name == leaf["name"]
            and self._is_own(event.customer, subject)
            and _within(event.at, leaf, now)
            and all(_compare(event.properties.get(w["property"]), w) for w in leaf.get("where", []))
            for event in self.events
        )
        return _threshold(count, leaf.get("count", {"op": "gte", "value": 1}))

    def _trigger(self, leaf: Mapping[str, Any], subject: Subject, now: datetime) -> bool:
        event = self._looked_at(subject)
        return _compare(event.properties.get(leaf["property"]) if event else None, leaf)

    def _orders(self, leaf: Mapping[str, Any], subject: Subject, now: datetime) -> bool:
        return _threshold(len(list(self._orders_of(leaf, subject, now))), leaf["count"])

    def _spent(self, leaf: Mapping[str, Any], subject: Subject, now: datetime) -> bool:
        orders = self._orders_of(leaf, subject, now)
        total = sum(order.total_minor for order in orders if order.currency == leaf["currency"])
        return _threshold(total, leaf["amount_minor"])

    def _ordered(self, leaf: Mapping[str, Any], subject: Subject, now: datetime) -> bool:
        quantity = sum(
            quantity
            for order in self._orders_of(leaf, subject, now)
            for product, category, quantity in order.items
            if leaf.get("category", category) == category and leaf.get("product_id", product) == product
        )
        return _threshold(quantity, leaf.get("quantity", {"op": "gte", "value": 1}))

    def _trigger_order(self, leaf: Mapping[str, Any], subject: Subject, now: datetime) -> bool:
        event = self._looked_at(subject)
        return event is not None and any(
            order.order_id == event.properties.get("order_id")
            and self._is_own(order.customer, subject)
            and any(_compare(category, leaf["category"]) for _, category, _ in order.items)
            for order in self.orders
        )

    def _is_own(self, customer: int, subject: Subject) -> bool:
        return self.canonical(customer) == self.canonical(subject.customer)

    def _looked_at(self, subject: Subject) -> Event | None:
        for event in self.events:
            if event.seq == subject.event_seq and self._is_own(event.customer, subject):
                return event
        return None

    def _orders_of(self, leaf: Mapping[str, Any], subject: Subject, now: datetime) -> Iterable[Order]:
        return (o for o in self.orders if self._is_own(o.customer, subject) and _within(o.at, leaf, now))


def random_world(seed: int) -> World:
    """Forty customers, six of them merged into others; instants on, just before and just after windows' edges."""
    dice = random.Random(seed)
    world = World()
    for customer in range(1, 41):
        world.profiles[customer] = {
            "country": dice.choice(["MX", "BR", "US", None]),
            "email": dice.choice([None, f"c{customer}@example.com", f"c{customer}@gmail.com"]),
            "last_seen_at": _instant(dice),
        }
        traits = {
            "plan": dice.choice(["Pro", "básico", "BÁSICO ", "it's 100%", "a\\b", None]),
            "points": dice.choice([Decimal("0"), Decimal("10.5"), Decimal("99.999999"), -Decimal(3)]),
            "vip": dice.choice([True, False]),
            "since": _instant(dice),
            "gone": None,
        }
        world.traits[customer] = {name: value for name, value in traits.items() if dice.random() < 0.7}
    world.aliases = {35 + n: dice.randint(1, 30) for n in range(6)}
    for seq in range(1, 401):
        at = _instant(dice)
        properties = {
            "plan": dice.choice(["pro", "Pro", "free", "", "año 🎉"]),
            "amount": dice.choice([Decimal("1"), Decimal("2.5"), Decimal("1000000")]),
            "gift": dice.choice([True, False]),
            "eta": _instant(dice),
            "order_id": f"o{dice.randint(1, 90)}",
        }
        world.events.append(
            Event(
                seq=seq,
                customer=dice.randint(1, 40),
                name=dice.choice(["Order Completed", "Product Viewed", "100% 'Sure'"]),
                at=at,
                received_at=at + dice.choice([timedelta(hours=-24), timedelta(0), timedelta(days=40)]),
                properties={name: value for name, value in properties.items() if dice.random() < 0.6},
            )
        )
    for number in range(1, 81):
        items = [
            (f"p{dice.randint(1, 3)}", dice.choice(["CAMERA", "LENS", None]), dice.randint(1, 3))
            for _ in range(dice.randint(0, 3))
        ]
        currency = dice.choice(["MXN", "MXN", "USD"])
        world.orders.append(
            Order(
                f"o{number}", dice.randint(1, 40), _instant(dice), currency, dice.randint(1, 9) * 100, items
            )
        )
    return world


def match(
    shop: ShopId, tree: Mapping[str, Any], subjects: Iterable[Subject], now: datetime = NOW
) -> set[int]:
    """The ids of the subjects for which the tree is true, as journeys ask for it."""
    with for_shop(shop) as cursor:
        segments.open_subjects(cursor)
        copy_rows(cursor, "subject", [(s.id, s.customer, s.event_seq) for s in subjects])
        compiled = segments.compile_condition(shop=shop, tree=tree)
        count = compiled.match(cursor, shop=shop, now=now)
        matched = [row[0] for row in cursor.execute("SELECT subject_id FROM pg_temp.subject_matched")]
        assert len(matched) == len(set(matched)) == count
        return set(matched)


def members(shop: ShopId, tree: Mapping[str, Any], now: datetime = NOW) -> set[int]:
    with for_shop(shop) as cursor:
        found = segments.compile_condition(shop=shop, tree=tree).members(cursor, shop=shop, now=now)
    assert len(found) == len(set(found))
    return set(found)


def _instant(dice: random.Random) -> datetime:
    days = dice.choice([0, 0, 1, 7, 7, 30, 30, 31, 90, 200, -1])
    return NOW - timedelta(days=days) + dice.choice([timedelta(0), TICK, -TICK, timedelta(hours=-5)])


def _insert(cursor: Cursor, table: str, row: Mapping[str, Any]) -> None:
    slots = ", ".join(["%s"] * len(row))
    cursor.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({slots})", list(row.values()))


def _trait_row(shop: ShopId, customer: int, name: str, value: Any) -> dict[str, Any]:
    key = {"shop_id": shop, "customer_id": customer, "name": name}
    return key | _typed(value) | {"set_at": NOW, "message_id": "m", "source": "test"}


def _typed(value: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(TRAIT_COLUMNS)
    if isinstance(value, bool):
        row |= {"boolean_value": value, "text_value": str(value).lower()}
    elif isinstance(value, Decimal):
        row |= {"number_value": value, "text_value": str(value)}
    elif isinstance(value, datetime):
        row |= {"time_value": value, "text_value": value.isoformat()}
    elif isinstance(value, str):
        row |= {"text_value": value, "text_key": text_key(value)}
    return row


def _within(at: datetime, leaf: Mapping[str, Any], now: datetime) -> bool:
    days = leaf.get("within_days")
    return at <= now and (days is None or at >= now - timedelta(hours=24 * days))


_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "is": lambda a, b: a == b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "contains": lambda a, b: b in a,
    "starts_with": lambda a, b: a.startswith(b),
    "ends_with": lambda a, b: a.endswith(b),
    "in": lambda a, b: a in b,
}


def _threshold(figure: int, wanted: Mapping[str, Any]) -> bool:
    if wanted["op"] == "is_not":
        return bool(figure != wanted["value"])
    return _ORDER[wanted["op"]](figure, wanted["value"])


def _compare(value: Any, leaf: Mapping[str, Any], key: Callable[[str], str] = lambda text: text) -> bool:
    op = leaf["op"]
    if op == "is_set":
        return value is not None
    if op == "is_not":
        return not _compare(value, {**leaf, "op": "is"}, key)
    wanted: Any = _plain(leaf["value"], leaf, key)
    if value is None or type(value) is not type(wanted[0] if op == "in" else wanted):
        return False
    return _ORDER[op](key(value) if isinstance(value, str) else value, wanted)


def _plain(value: Any, leaf: Mapping[str, Any], key: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_plain(one, leaf, key) for one in value]
    if leaf.get("value_type") == "time":
        return datetime.fromisoformat(value)
    if isinstance(value, bool):
        return value
    return key(value) if isinstance(value, str) else Decimal(str(value))
