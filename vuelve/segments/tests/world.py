"""A small shop for tests of conditions: rows written straight into the tables, and a plain reading of trees.

`World.holds` is the oracle: it goes through all rows with loops, and shares nothing with the compiler but the
spelling of texts.
"""

import json
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from vuelve.customers.rules.texts import text_key
from vuelve.events.services import make_months
from vuelve.platform.db import Cursor, copy_rows, for_shop, raw_cursor
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


@dataclass
class Fact:
    """A message, a run or a parcel: when it was, and in which state it is."""

    customer: int
    at: datetime
    state: Any
    journey: int | None = None


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
    consents: dict[tuple[int, str], bool] = field(default_factory=dict)  # customer, purpose: of e-mail
    suppressed: set[str] = field(default_factory=set)
    messages: list[Fact] = field(default_factory=list)
    runs: list[Fact] = field(default_factory=list)
    parcels: list[Fact] = field(default_factory=list)

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
            for product in {item[0] for order in self.orders for item in order.items}:
                row = {
                    "shop_id": shop,
                    "product_id": product,
                    "sku": f"sku-{product}",
                    "brand": _brand(product),
                }
                _insert(cursor, "commerce_product", row | {"updated_at": NOW})
            self._write_facts(cursor, shop)
        with transaction.atomic():
            # Its tables are as if consumers had read these events; those of other tests are not to read them again.
            raw_cursor().execute(
                "UPDATE events_cursor SET xid = pg_snapshot_xmax(pg_current_snapshot())::text::bigint, seq = 0"
            )

    def _write_event(self, cursor: Cursor, shop: ShopId, event: Event) -> None:
        row: dict[str, Any] = {
            "shop_id": shop,
            "seq": event.seq,
            "kind": 1,
            "origin": 0,
            "customer_id": event.customer,
        }
        row |= {"occurred_at": event.at, "received_at": event.received_at, "name": event.name}
        row |= {"source": "test", "message_id": f"m{event.seq}", "properties": _json(event.properties)}
        _insert(cursor, "events_event", row)
        for name, value in event.properties.items():
            typed = {column: v for column, v in _typed(value).items() if column != "text_key"}
            key = {"shop_id": shop, "customer_id": event.customer, "seq": event.seq, "name": name}
            _insert(cursor, "events_property", key | typed)

    def _write_facts(self, cursor: Cursor, shop: ShopId) -> None:
        for (customer, purpose), is_granted in self.consents.items():
            decided = {"decided_at": NOW, "message_id": "m", "source": "test"}
            key = {"shop_id": shop, "customer_id": customer, "channel": "email", "purpose": purpose}
            _insert(cursor, "customers_consent", key | {"is_granted": is_granted} | decided)
        for address in self.suppressed:
            why = {"reason": "bounced", "suppressed_at": NOW}
            _insert(
                cursor,
                "channels_suppression",
                {"shop_id": shop, "channel": "email", "address": address} | why,
            )
        for number, fact in enumerate(self.messages):
            key = {"shop_id": shop, "customer_id": fact.customer, "idempotency_key": f"m{number}"}
            what = {
                "channel": "email",
                "purpose": "marketing",
                "status": fact.state,
                "journey_id": fact.journey,
            }
            times = {"queued_at": fact.at, "due_at": fact.at}
            _insert(cursor, "channels_message", key | what | {"template_version_id": 1} | times)
        for number, fact in enumerate(self.runs):
            key = {"shop_id": shop, "customer_id": fact.customer, "journey_id": fact.journey, "version_id": 1}
            ended = {"wake_at": fact.at} if fact.state == 0 else {"ended_at": fact.at}
            what = {
                "entry_key": f"r{number}",
                "status": fact.state,
                "step_key": "s",
                "entered_step_at": fact.at,
            }
            _insert(cursor, "journeys_run", key | what | {"entered_at": fact.at} | ended)
        for number, fact in enumerate(self.parcels):
            key = {
                "shop_id": shop,
                "customer_id": fact.customer,
                "order_id": f"p{number}",
                "shipment_id": "1",
            }
            _insert(cursor, "commerce_shipment", key | {"milestone": fact.state, "updated_at": fact.at})

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

    def _event_time(self, leaf: Mapping[str, Any], subject: Subject, now: datetime) -> bool:
        times = [
            event.at
            for event in self.events
            if event.name == leaf["name"] and self._is_own(event.customer, subject) and event.at <= now
        ]
        if not times:
            return False
        found = min(times) if leaf["which"] == "first" else max(times)
        is_early = found <= now - timedelta(hours=24 * leaf["days"])
        return bool(is_early == (leaf["when"] == "before"))

    def _numbers(self, leaf: Mapping[str, Any], subject: Subject, now: datetime) -> list[Decimal]:
        return [
            event.properties[leaf["property"]]
            for event in self.events
            if event.name == leaf["name"]
            and self._is_own(event.customer, subject)
            and _within(event.at, leaf, now)
            and isinstance(event.properties.get(leaf["property"]), Decimal)
        ]

    def _event_value(self, leaf: Mapping[str, Any], subject: Subject, now: datetime) -> bool:
        numbers, wanted = self._numbers(leaf, subject, now), Decimal(str(leaf["value"]))
        if leaf["of"] == "sum":
            return _ORDER[leaf["op"]](sum(numbers, Decimal(0)), wanted)
        if not numbers:
            return False
        if leaf["of"] == "avg":
            return _ORDER[leaf["op"]](sum(numbers, Decimal(0)), wanted * len(numbers))
        return _ORDER[leaf["op"]](min(numbers) if leaf["of"] == "min" else max(numbers), wanted)

    def _sequence(self, leaf: Mapping[str, Any], subject: Subject, now: datetime) -> bool:
        own = [e for e in self.events if self._is_own(e.customer, subject) and e.at <= now]
        span = timedelta(days=leaf["days"])
        firsts = [e.at for e in own if e.name == leaf["first"]]
        thens = [e.at for e in own if e.name == leaf["then"]]
        since = now - timedelta(days=leaf["within_days"]) if "within_days" in leaf else None
        if leaf.get("happened", True):
            return any(a < b <= a + span and (since is None or b >= since) for a in firsts for b in thens)
        return any(
            a + span <= now and (since is None or a >= since) and not any(a < b <= a + span for b in thens)
            for a in firsts
        )

    def _consent(self, leaf: Mapping[str, Any], subject: Subject, now: datetime) -> bool:
        customer = self.canonical(subject.customer)
        return leaf["channel"] == "email" and self.consents.get((customer, leaf["purpose"]), False)

    def _reachable(self, leaf: Mapping[str, Any], subject: Subject, now: datetime) -> bool:
        customer = self.canonical(subject.customer)
        email = self.profiles.get(customer, {}).get("email")
        return (
            email is not None
            and email not in self.suppressed
            and self.consents.get((customer, "marketing"), False)
        )

    def _bucket(self, leaf: Mapping[str, Any], subject: Subject, now: datetime) -> bool:
        customer = self.canonical(subject.customer)
        number = (customer % 999_983 * 48_271 + leaf.get("salt", 0) * 7_919) % 999_983 % 10_000
        return customer in self.profiles and leaf["first"] <= number <= leaf["last"]

    def _facts(
        self,
        facts: Iterable[Fact],
        states: Iterable[Any],
        leaf: Mapping[str, Any],
        subject: Subject,
        now: datetime,
    ) -> bool:
        count = sum(
            self._is_own(fact.customer, subject)
            and fact.state in states
            and leaf.get("journey", fact.journey) == fact.journey
            and _within(fact.at, leaf, now)
            for fact in facts
        )
        return _threshold(count, leaf.get("count", {"op": "gte", "value": 1}))

    def _message(self, leaf: Mapping[str, Any], subject: Subject, now: datetime) -> bool:
        arrived = {"delivered", "read", "clicked", "replied"}
        states = {
            "sent": arrived | {"accepted", "bounced", "unknown"},
            "delivered": arrived,
            "clicked": {"clicked", "replied"},
            "bounced": {"bounced"},
            "withheld": {"withheld"},
        }[leaf["outcome"]]
        return self._facts(self.messages, states, leaf, subject, now)

    def _journey(self, leaf: Mapping[str, Any], subject: Subject, now: datetime) -> bool:
        states = {"entered": {0, 1, 2, 3, 4}, "active": {0}, "finished": {1}, "goal": {2}, "exited": {3}}
        return self._facts(self.runs, states[leaf["state"]], leaf, subject, now)

    def _parcel(self, leaf: Mapping[str, Any], subject: Subject, now: datetime) -> bool:
        stages = ["confirmed", "packed", "in_transit", "out_for_delivery", "delivered"]
        return self._facts(self.parcels, {stages.index(leaf["stage"]) + 1}, leaf, subject, now)

    def _average_order(self, leaf: Mapping[str, Any], subject: Subject, now: datetime) -> bool:
        totals = [
            order.total_minor
            for order in self._orders_of(leaf, subject, now)
            if order.currency == leaf["currency"]
        ]
        wanted = leaf["amount_minor"]
        return bool(totals) and _ORDER[wanted["op"]](sum(totals), wanted["value"] * len(totals))

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
            if leaf.get("category", category) == category
            and leaf.get("product_id", product) == product
            and leaf.get("sku", f"sku-{product}") == f"sku-{product}"
            and leaf.get("brand", _brand(product)) == _brand(product)
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
    _add_facts(world, random.Random(seed + 1))
    return world


def _add_facts(world: World, dice: random.Random) -> None:
    for customer in range(1, 41):
        for purpose in ("marketing", "survey"):
            if customer not in world.aliases and dice.random() < 0.6:
                world.consents[customer, purpose] = dice.random() < 0.6
        email = world.profiles[customer]["email"]
        if email and dice.random() < 0.3:
            world.suppressed.add(email)
    statuses = ["accepted", "delivered", "clicked", "bounced", "withheld", "queued"]
    for _n in range(80):
        journey = dice.choice([1, 2, None])
        world.messages.append(Fact(dice.randint(1, 40), _instant(dice), dice.choice(statuses), journey))
        world.runs.append(Fact(dice.randint(1, 40), _instant(dice), dice.randint(0, 4), dice.choice([1, 2])))
        world.parcels.append(Fact(dice.randint(1, 40), _instant(dice), dice.randint(1, 5)))


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


def _json(properties: Mapping[str, Any]) -> str:
    def plain(value: Any) -> Any:
        if isinstance(value, Decimal):
            return int(value) if value == int(value) else float(value)
        return value.isoformat() if isinstance(value, datetime) else value

    return json.dumps({name: plain(value) for name, value in properties.items()})


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


def _brand(product: str) -> str | None:
    return {"p1": "Acme", "p2": "Óptica"}.get(product)


def _within(at: datetime, leaf: Mapping[str, Any], now: datetime) -> bool:
    days, until = leaf.get("within_days"), leaf.get("until_days")
    return (
        at <= now
        and (days is None or at >= now - timedelta(hours=24 * days))
        and (until is None or at <= now - timedelta(hours=24 * until))
        and ("since" not in leaf or at >= datetime.fromisoformat(leaf["since"]))
        and ("before" not in leaf or at < datetime.fromisoformat(leaf["before"]))
    )


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
