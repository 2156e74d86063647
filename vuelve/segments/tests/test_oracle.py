"""Random trees over a random shop: PostgreSQL must agree with a plain reading by loops, for everyone."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from vuelve.platform import limits
from vuelve.platform.ids import ShopId
from vuelve.segments.tests.world import NOW, TICK, Subject, World, match, members, random_world
from vuelve.shops.models import Shop

DAYS = st.sampled_from([1, 7, 30, 90])
TEXTS = st.sampled_from(["pro", "Pro", "free", "PRÓ", "básico", "it's 100%", "a\\b", "b", "%", "año", ""])
NUMBERS = st.sampled_from([0, 1, 2.5, 10.5, 99.999999, -3, 1_000_000])
INSTANTS = st.sampled_from(
    [(NOW - timedelta(days=d) + t).isoformat() for d in (0, 7, 30) for t in (TICK, -TICK)]
)
ORDERED = st.sampled_from(["gt", "gte", "lt", "lte"])
EQUAL = st.sampled_from(["is", "is_not"])
PART = st.sampled_from(["contains", "starts_with", "ends_with"])


def _object(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {name: f if isinstance(f, st.SearchStrategy) else st.just(f) for name, f in fields.items()}
    )


def _compared(**name: Any) -> st.SearchStrategy[dict[str, Any]]:
    """A comparison of each type, on whatever `name` says: types that do not fit must simply not match."""
    return st.one_of(
        _object(op=EQUAL, value=TEXTS, **name),
        _object(op=PART, value=TEXTS.filter(bool), **name),
        _object(op="in", value=st.lists(TEXTS, min_size=1, max_size=3), **name),
        _object(op=st.one_of(EQUAL, ORDERED), value=NUMBERS, **name),
        _object(op="in", value=st.lists(NUMBERS, min_size=1, max_size=3), **name),
        _object(op=EQUAL, value=st.booleans(), **name),
        _object(op=ORDERED, value=INSTANTS, value_type="time", **name),
        _object(op="is_set", **name),
    )


def _threshold(*values: int) -> st.SearchStrategy[dict[str, Any]]:
    return _object(op=st.one_of(EQUAL, ORDERED), value=st.sampled_from(values))


def _windowed(strategy: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda leaf, days: leaf if days is None else {**leaf, "within_days": days}, strategy, st.none() | DAYS
    )


PROPERTIES = st.sampled_from(["plan", "amount", "gift", "eta", "missing"])
EVENTS = st.sampled_from(["Order Completed", "Product Viewed", "100% 'Sure'", "Never Seen"])
LEAVES = st.one_of(
    _object(type="trait", name="country", op=EQUAL, value=st.sampled_from(["MX", "BR"])),
    _object(type="trait", name="country", op="in", value=st.just(["US", "BR"])),
    _object(type="trait", name="email", op="ends_with", value="@gmail.com"),
    _object(type="trait", name=st.sampled_from(["country", "email"]), op="is_set"),
    _object(type="trait", name="last_seen_at", op=ORDERED, value=INSTANTS, value_type="time"),
    _compared(type="trait", name=st.sampled_from(["plan", "points", "vip", "since", "gone", "missing"])),
    _windowed(_object(type="event", name=EVENTS)),
    _windowed(_object(type="event", name=EVENTS, count=_threshold(0, 1, 2, 5))),
    _windowed(_object(type="event", name=EVENTS, count=_threshold(0, 1), where=st.lists(_compared(property=PROPERTIES), min_size=1, max_size=2))),
    _compared(type="trigger", property=PROPERTIES),
    _windowed(_object(type="orders", count=_threshold(0, 1, 3))),
    _windowed(_object(type="spent", amount_minor=_threshold(0, 500, 1000), currency=st.sampled_from(["MXN", "USD"]))),
    _windowed(_object(type="ordered", category=st.sampled_from(["CAMERA", "LENS"]))),
    _windowed(_object(type="ordered", product_id="p1", quantity=_threshold(0, 1, 4))),
    _windowed(_object(type="ordered", brand=st.sampled_from(["Acme", "Óptica"]), quantity=_threshold(0, 1, 3))),
    _windowed(_object(type="ordered", sku=st.sampled_from(["sku-p1", "sku-p3"]))),
    _object(type="event_time", name=EVENTS, which=st.sampled_from(["first", "last"]), when=st.sampled_from(["within", "before"]), days=DAYS),
    _windowed(_object(type="event", name=EVENTS, since=INSTANTS, count=_threshold(0, 1, 2))),
    _object(type="event", name=EVENTS, before=INSTANTS),
    _object(type="event", name=EVENTS, within_days=st.just(90), until_days=st.sampled_from([1, 7, 30])),
    _object(type="event", name=EVENTS, until_days=st.sampled_from([1, 30])),
    _windowed(_object(type="event_value", name=EVENTS, of=st.sampled_from(["sum", "avg", "min", "max"]), property=st.sampled_from(["amount", "plan"]),
                      op=ORDERED, value=st.sampled_from([0, 1, 1.5, 2.5, 100, 333334.666667, 1_000_000]))),
    _windowed(_object(type="sequence", first=EVENTS, then=EVENTS, days=st.sampled_from([1, 7, 30]), happened=st.booleans())),
    _windowed(_object(type="average_order", amount_minor=_object(op=ORDERED, value=st.sampled_from([100, 500, 550])), currency=st.sampled_from(["MXN", "USD"]))),
    _windowed(_object(type="parcel", stage=st.sampled_from(["packed", "delivered"]), count=_threshold(0, 1, 2))),
    _windowed(_object(type="message", outcome=st.sampled_from(["sent", "delivered", "clicked", "withheld"]), count=_threshold(0, 1, 2))),
    _windowed(_object(type="message", outcome=st.just("sent"), journey=st.sampled_from([1, 2]))),
    _windowed(_object(type="journey", state=st.sampled_from(["entered", "active", "finished", "exited"]), journey=st.sampled_from([1, 2]))),
    _object(type="consent", channel=st.sampled_from(["email", "sms"]), purpose=st.sampled_from(["marketing", "survey"])),
    _object(type="reachable", channel=st.just("email")),
    _object(type="bucket", first=st.just(0), last=st.sampled_from([0, 4999, 9999]), salt=st.sampled_from([0, 1])),
    _object(type="trigger_order", category=_object(op="in", value=st.just(["CAMERA"])) | _object(op="contains", value="N")),
)  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda children: st.one_of(
        _object(all=st.lists(children, min_size=1, max_size=3)),
        _object(any=st.lists(children, min_size=1, max_size=3)),
        _object(**{"not": children}),
    ),
    max_leaves=8,
)
INSTANTS_OF_EVALUATION = st.sampled_from([NOW, NOW - timedelta(days=7), NOW + timedelta(days=1), NOW - TICK])

WORLD = random_world(seed=20260301)
SUBJECTS = [
    *(Subject(id=customer, customer=customer) for customer in [*range(1, 41), 999]),
    *(Subject(id=1000 + e.seq, customer=e.customer, event_seq=e.seq) for e in WORLD.events[:120]),
    # The run of a customer who was merged since, and an event that is somebody else's.
    *(Subject(id=2000 + e.seq, customer=WORLD.canonical(e.customer), event_seq=e.seq) for e in WORLD.events[:120]),
    *(Subject(id=3000 + e.seq, customer=e.customer % 40 + 1, event_seq=e.seq) for e in WORLD.events[:30]),
]  # fmt: skip


def _depth(tree: dict[str, Any]) -> int:
    below = tree.get("all") or tree.get("any") or ([tree["not"]] if "not" in tree else [])
    return 1 + max(map(_depth, below), default=0)


@pytest.fixture
def world(shop: Shop) -> World:
    WORLD.write(ShopId(shop.pk))
    return WORLD


def test_random_trees_mean_what_they_say(world: World, shop: Shop) -> None:
    here = ShopId(shop.pk)

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(tree=TREES, now=INSTANTS_OF_EVALUATION)
    def agree(tree: dict[str, Any], now: datetime) -> None:
        assume(_depth(tree) <= limits.CONDITION_DEPTH_MAX)
        expected = {subject.id for subject in SUBJECTS if world.holds(tree, subject, now)}
        assert match(here, tree, SUBJECTS, now) == expected
        everyone = {c for c in world.everyone() if world.holds(tree, Subject(c, c), now)}
        assert members(here, tree, now) == everyone

    agree()


@pytest.mark.parametrize("now", [NOW, NOW - timedelta(days=7)])
def test_every_kind_of_leaf_is_neither_always_true_nor_always_false(world: World, now: datetime) -> None:
    """Else the random trees would prove little."""
    plain: list[dict[str, Any]] = [
        {"type": "trait", "name": "plan", "op": "is", "value": "basico"},
        {"type": "trait", "name": "country", "op": "is_not", "value": "MX"},
        {"type": "event", "name": "Order Completed", "within_days": 7, "where": [{"property": "plan", "op": "is", "value": "pro"}]},
        {"type": "trigger", "property": "amount", "op": "gte", "value": 2.5},
        {"type": "orders", "count": {"op": "gte", "value": 2}},
        {"type": "spent", "amount_minor": {"op": "lt", "value": 900}, "currency": "MXN"},
        {"type": "ordered", "category": "CAMERA", "within_days": 90},
        {"type": "trigger_order", "category": {"op": "is", "value": "CAMERA"}},
        {"type": "event_value", "name": "Order Completed", "of": "avg", "property": "amount", "op": "gte", "value": 300_000},
        {"type": "sequence", "first": "Product Viewed", "then": "Order Completed", "days": 7},
        {"type": "sequence", "first": "Product Viewed", "then": "Order Completed", "days": 7, "happened": False},
        {"type": "event_time", "name": "Order Completed", "which": "first", "when": "within", "days": 30},
        {"type": "event_time", "name": "Order Completed", "which": "last", "when": "before", "days": 7},
        {"type": "event", "name": "Order Completed", "since": "2026-01-10T00:00:00Z", "before": "2026-02-20T00:00:00Z"},
        {"type": "ordered", "brand": "Acme"},
        {"type": "ordered", "sku": "sku-p3"},
        {"type": "average_order", "amount_minor": {"op": "gte", "value": 500}, "currency": "MXN"},
        {"type": "parcel", "stage": "delivered"},
        {"type": "message", "outcome": "clicked"},
        {"type": "journey", "state": "finished"},
        {"type": "consent", "channel": "email", "purpose": "marketing"},
        {"type": "reachable", "channel": "email"},
        {"type": "bucket", "first": 0, "last": 4_999},
    ]  # fmt: skip
    for leaf in plain:
        true = sum(world.holds(leaf, subject, now) for subject in SUBJECTS)
        assert 0 < true < len(SUBJECTS), leaf
