"""Every kind of leaf and operator on PostgreSQL, one small shop a test: what is true of whom, and of whom not."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from vuelve.platform.ids import ShopId
from vuelve.segments.tests.world import NOW, TICK, Event, Order, Subject, World, match, members
from vuelve.shops.models import Shop
from vuelve.testing import make_shop

ANA, BETO, CARLA, NOBODY = 1, 2, 3, 4  # NOBODY has a profile and nothing else


def build(shop: Shop, **facts: Any) -> ShopId:
    world = World(**{"profiles": {ANA: {}, BETO: {}, CARLA: {}, NOBODY: {}}, **facts})
    world.write(ShopId(shop.pk))
    return ShopId(shop.pk)


def both(here: ShopId, leaf: dict[str, Any], now: Any = NOW) -> set[int]:
    """Who it is true of, asked as a batch and as a whole; they must be the same."""
    asked = [Subject(customer, customer) for customer in (ANA, BETO, CARLA, NOBODY)]
    matched = match(here, leaf, asked, now)
    assert members(here, leaf, now) == matched
    assert match(here, {"not": leaf}, asked, now) == {ANA, BETO, CARLA, NOBODY} - matched
    return matched


TRAITS = {
    ANA: {"plan": "Pro Básico", "points": Decimal("10.5"), "vip": True, "since": NOW},
    BETO: {"plan": "free", "points": Decimal("10.500001"), "vip": False, "since": NOW - TICK},
    CARLA: {"plan": None, "points": None},
}


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("is", "PRO BASICO", {ANA}),
        ("is", "Pro", set()),
        ("is_not", "pro básico", {BETO, CARLA, NOBODY}),
        ("in", ["FREE", "other"], {BETO}),
        ("contains", "bÁs", {ANA}),
        ("starts_with", "PRO", {ANA}),
        ("starts_with", "basico", set()),
        ("ends_with", "ee", {BETO}),
        ("contains", "%", set()),
        ("contains", "_", set()),
    ],
)
def test_texts_of_traits_know_no_case_and_accents(
    shop: Shop, op: str, value: Any, expected: set[int]
) -> None:
    here = build(shop, traits=TRAITS)
    assert both(here, {"type": "trait", "name": "plan", "op": op, "value": value}) == expected


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("is", 10.5, {ANA}),
        ("is_not", 10.5, {BETO, CARLA, NOBODY}),
        ("in", [1, 10.500001], {BETO}),
        ("gt", 10.5, {BETO}),
        ("gte", 10.5, {ANA, BETO}),
        ("lt", 10.500001, {ANA}),
        ("lte", 10, set()),
        ("gt", -(10**17), {ANA, BETO}),
    ],
)
def test_numbers_are_compared_to_the_last_decimal(
    shop: Shop, op: str, value: Any, expected: set[int]
) -> None:
    here = build(shop, traits=TRAITS)
    for value_type in ({}, {"value_type": "number"}, {"value_type": "money"}):
        leaf = {"type": "trait", "name": "points", "op": op, "value": value, **value_type}
        assert both(here, leaf) == expected


def test_booleans_and_instants_of_traits(shop: Shop) -> None:
    here = build(shop, traits=TRAITS)
    vip = {"type": "trait", "name": "vip"}
    assert both(here, {**vip, "op": "is", "value": True}) == {ANA}
    assert both(here, {**vip, "op": "is", "value": False}) == {BETO}
    assert both(here, {**vip, "op": "is_not", "value": True}) == {BETO, CARLA, NOBODY}
    since = {"type": "trait", "name": "since", "value": "2026-03-01T06:00:00-06:00", "value_type": "time"}
    expected = {"gt": set(), "gte": {ANA}, "lt": {BETO}, "lte": {ANA, BETO}}
    for op, whom in expected.items():
        assert both(here, {**since, "op": op}) == whom


def test_a_value_of_another_type_never_matches(shop: Shop) -> None:
    here = build(shop, traits=TRAITS)
    assert both(here, {"type": "trait", "name": "points", "op": "is", "value": "10.5"}) == set()
    assert both(here, {"type": "trait", "name": "plan", "op": "gt", "value": 0}) == set()
    assert both(here, {"type": "trait", "name": "vip", "op": "is", "value": "true"}) == set()


def test_is_set_of_a_trait_that_was_taken_away(shop: Shop) -> None:
    here = build(shop, traits=TRAITS)
    for name in ("plan", "points"):
        assert both(here, {"type": "trait", "name": name, "op": "is_set"}) == {ANA, BETO}
    assert both(here, {"type": "trait", "name": "points", "op": "is_set", "value_type": "number"}) == {
        ANA,
        BETO,
    }
    assert both(here, {"type": "trait", "name": "vip", "op": "is_set", "value_type": "text"}) == set()
    assert both(here, {"type": "trait", "name": "never", "op": "is_set"}) == set()


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        ({"name": "country", "op": "is", "value": "mx"}, {ANA}),
        ({"name": "country", "op": "is", "value": "México"}, {ANA}),
        ({"name": "country", "op": "is_not", "value": "MX"}, {BETO, CARLA, NOBODY}),
        ({"name": "country", "op": "in", "value": ["Brasil", "US"]}, {BETO}),
        ({"name": "email", "op": "is", "value": " ANA@Example.com"}, {ANA}),
        ({"name": "email", "op": "ends_with", "value": "@EXAMPLE.com"}, {ANA, BETO}),
        ({"name": "locale", "op": "is", "value": "es_mx"}, {ANA}),
        ({"name": "locale", "op": "starts_with", "value": "es"}, {ANA}),
        ({"name": "phone", "op": "is", "value": "+52 55 1234 5678"}, {ANA}),
        ({"name": "user_id", "op": "is", "value": "U1"}, set()),
        ({"name": "user_id", "op": "is", "value": "u1"}, {ANA}),
        ({"name": "time_zone", "op": "is_set"}, {BETO}),
        (
            {"name": "created_at", "op": "lt", "value": NOW.isoformat(), "value_type": "time"},
            {ANA},
        ),
        ({"name": "last_seen_at", "op": "gte", "value": NOW.isoformat()}, {ANA, BETO, CARLA, NOBODY}),
    ],
)
def test_columns_of_the_profile_go_by_a_traits_name(
    shop: Shop, leaf: dict[str, Any], expected: set[int]
) -> None:
    ana = {"country": "MX", "email": "ana@example.com", "locale": "es-MX", "phone": "+525512345678"}
    profiles = {
        ANA: ana | {"user_id": "u1", "created_at": NOW - TICK},
        BETO: {
            "country": "BR",
            "email": "beto@example.com",
            "locale": "pt-BR",
            "time_zone": "America/Sao_Paulo",
        },
        CARLA: {},
        NOBODY: {},
    }
    # A trait of the same name does not count: the column is what the product goes by.
    here = build(shop, profiles=profiles, traits={CARLA: {"country": "MX", "email": "ana@example.com"}})
    assert both(here, {"type": "trait", **leaf}) == expected


def happened(seq: int, customer: int, days_ago: float = 0, **properties: Any) -> Event:
    at = NOW - timedelta(days=days_ago)
    return Event(seq, customer, "Order Completed", at, at, properties)


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("gte", 2, {BETO}),
        ("gt", 2, set()),
        ("is", 1, {ANA}),
        ("is", 0, {CARLA, NOBODY}),
        ("is_not", 0, {ANA, BETO}),
        ("lte", 1, {ANA, CARLA, NOBODY}),
        ("lt", 1, {CARLA, NOBODY}),
    ],
)
def test_counts_of_events_and_orders(shop: Shop, op: str, value: int, expected: set[int]) -> None:
    events = [happened(1, ANA), happened(2, BETO), happened(3, BETO, 400)]
    other = Event(4, CARLA, "Order completed", NOW, NOW)
    orders = [Order(f"o{e.seq}", e.customer, e.at, "MXN", 100) for e in events]
    here = build(shop, events=[*events, other], orders=orders)
    count = {"op": op, "value": value}
    assert both(here, {"type": "event", "name": "Order Completed", "count": count}) == expected
    assert both(here, {"type": "orders", "count": count}) == expected


def windowed(days: int | None) -> list[dict[str, Any]]:
    window = {} if days is None else {"within_days": days}
    return [
        {"type": "event", "name": "Order Completed", **window},
        {"type": "orders", "count": {"op": "gte", "value": 1}, **window},
        {"type": "spent", "amount_minor": {"op": "gte", "value": 100}, "currency": "MXN", **window},
        {"type": "ordered", "category": "CAMERA", **window},
    ]


@pytest.mark.parametrize("index", range(4))
def test_windows_at_their_exact_edges(shop: Shop, index: int) -> None:
    """Both edges are in: so many times 24 hours before the instant, and the instant itself."""
    start = NOW - timedelta(days=30)
    instants = {ANA: start, BETO: start - TICK, CARLA: NOW + TICK, NOBODY: NOW}
    events = [Event(c, c, "Order Completed", at, at) for c, at in instants.items()]
    orders = [Order(f"o{c}", c, at, "MXN", 100, [("p1", "CAMERA", 1)]) for c, at in instants.items()]
    here = build(shop, events=events, orders=orders)
    leaf, unbounded = windowed(30)[index], windowed(None)[index]
    assert both(here, leaf) == {ANA, NOBODY}
    assert both(here, leaf, NOW + TICK) == {CARLA, NOBODY}
    assert both(here, leaf, NOW - TICK) == {ANA, BETO}
    assert both(here, unbounded) == {ANA, BETO, NOBODY}
    # A wider window elsewhere in the tree widens the scan, not this leaf.
    wider = {"all": [leaf, {"any": [unbounded, windowed(90)[index]]}]}
    assert both(here, wider) == {ANA, NOBODY}


def test_an_event_may_have_arrived_a_day_before_it_says_it_happened(shop: Shop) -> None:
    """The scan goes by the partition of arrival: no window may lose an event of a device whose clock is ahead."""
    at = NOW - timedelta(days=30)
    here = build(shop, events=[Event(1, ANA, "Order Completed", at, at - timedelta(hours=24))])
    assert both(here, windowed(30)[0]) == {ANA}


def test_properties_of_counted_events(shop: Shop) -> None:
    events = [
        happened(1, ANA, plan="pro", amount=Decimal("5"), gift=True, eta=NOW),
        happened(2, ANA, plan="free", amount=Decimal("50")),
        happened(3, BETO, plan="Pro", amount=Decimal("50"), gift=False),
        happened(4, CARLA),
    ]
    here = build(shop, events=events)

    def where(*conditions: dict[str, Any], count: int = 1) -> set[int]:
        found = {"type": "event", "name": "Order Completed", "where": list(conditions)}
        return both(here, {**found, "count": {"op": "gte", "value": count}})

    is_pro = {"property": "plan", "op": "is", "value": "pro"}
    assert where(is_pro) == {ANA}  # as it was sent: `Pro` is another plan
    assert where({**is_pro, "op": "is_not"}) == {ANA, BETO, CARLA}
    assert where({**is_pro, "op": "is_not"}, count=2) == set()
    large = {"property": "amount", "op": "gte", "value": 50, "value_type": "money"}
    assert where(large) == {ANA, BETO}
    assert where(is_pro, large) == set()  # of one and the same event
    assert where({"property": "gift", "op": "is", "value": False}) == {BETO}
    assert where({"property": "gift", "op": "is_set"}) == {ANA, BETO}
    assert where({"property": "plan", "op": "in", "value": ["pro", "Pro"]}) == {ANA, BETO}
    assert where({"property": "eta", "op": "lte", "value": NOW.isoformat(), "value_type": "time"}) == {ANA}
    # One property as two types, and a leaf without `where` beside them.
    two = {
        "type": "event",
        "name": "Order Completed",
        "where": [is_pro, {"property": "plan", "op": "is_set"}],
    }
    numbers = {
        "type": "event",
        "name": "Order Completed",
        "where": [{"property": "plan", "op": "gt", "value": 1}],
    }
    assert both(here, {"all": [two, {"not": numbers}, {"type": "event", "name": "Order Completed"}]}) == {ANA}


def test_the_event_that_is_looked_at(shop: Shop) -> None:
    events = [
        happened(1, ANA, plan="pro", amount=Decimal(5)),
        happened(2, ANA, plan="free"),
        happened(3, BETO),
    ]
    here = build(shop, events=events)
    subjects = [
        Subject(10, ANA, 1),
        Subject(11, ANA, 2),
        Subject(12, BETO, 3),
        Subject(13, ANA, None),
        Subject(14, BETO, 1),
    ]
    leaf = {"type": "trigger", "property": "plan"}
    expected: dict[str, tuple[Any, set[int]]] = {
        "is": ("pro", {10}),
        "is_not": ("pro", {11, 12, 13, 14}),
        "in": (["pro", "free"], {10, 11}),
        "starts_with": ("p", {10}),
    }
    for op, (value, whom) in expected.items():
        assert match(here, {**leaf, "op": op, "value": value}, subjects) == whom
    assert match(here, {**leaf, "op": "is_set"}, subjects) == {10, 11}
    assert match(here, {"type": "trigger", "property": "amount", "op": "lt", "value": 6}, subjects) == {10}
    assert members(here, {**leaf, "op": "is", "value": "pro"}) == set()
    assert members(here, {**leaf, "op": "is_not", "value": "pro"}) == {ANA, BETO, CARLA, NOBODY}


def test_one_event_can_be_looked_at_for_many_runs_and_a_customer_can_have_many(shop: Shop) -> None:
    here = build(shop, events=[happened(1, ANA, plan="pro")])
    subjects = [Subject(20, ANA, 1), Subject(21, ANA, 1), Subject(22, ANA)]
    assert match(here, {"type": "trigger", "property": "plan", "op": "is", "value": "pro"}, subjects) == {
        20,
        21,
    }
    assert match(here, {"type": "event", "name": "Order Completed"}, subjects) == {20, 21, 22}


def test_what_was_ordered_and_spent(shop: Shop) -> None:
    orders = [
        Order("o1", ANA, NOW, "MXN", 700, [("p1", "CAMERA", 1), ("p2", "LENS", 2)]),
        Order("o2", ANA, NOW, "USD", 900, [("p1", "CAMERA", 1)]),
        Order("o3", BETO, NOW, "MXN", 300, [("p2", None, 3)]),
    ]
    here = build(shop, orders=orders)
    assert both(here, {"type": "ordered", "category": "CAMERA"}) == {ANA}
    assert both(here, {"type": "ordered", "category": "camera"}) == set()
    assert (
        both(here, {"type": "ordered", "category": "CAMERA", "quantity": {"op": "gt", "value": 2}}) == set()
    )
    assert both(here, {"type": "ordered", "product_id": "p2", "quantity": {"op": "gte", "value": 3}}) == {
        BETO
    }
    assert both(here, {"type": "ordered", "product_id": "p2", "quantity": {"op": "is", "value": 0}}) == {
        CARLA,
        NOBODY,
    }
    spent = {"type": "spent", "currency": "MXN"}
    assert both(here, {**spent, "amount_minor": {"op": "gte", "value": 700}}) == {ANA}
    assert both(here, {**spent, "amount_minor": {"op": "gt", "value": 700}}) == set()
    assert both(here, {**spent, "amount_minor": {"op": "lte", "value": 300}}) == {BETO, CARLA, NOBODY}


def test_contents_of_the_order_that_the_event_names(shop: Shop) -> None:
    orders = [
        Order("o1", ANA, NOW, "MXN", 1, [("p1", "CAMERA", 1), ("p2", None, 1)]),
        Order("o2", BETO, NOW, "MXN", 1, [("p3", "BOOK", 1)]),
    ]
    events = [
        happened(1, ANA, order_id="o1"),
        happened(2, BETO, order_id="o2"),
        happened(3, CARLA, order_id="o1"),
        happened(4, ANA),
    ]
    here = build(shop, orders=orders, events=events)
    subjects = [
        Subject(10, ANA, 1),
        Subject(11, BETO, 2),
        Subject(12, CARLA, 3),
        Subject(13, ANA, 4),
        Subject(14, ANA),
    ]

    def contains(op: str, **value: Any) -> set[int]:
        return match(here, {"type": "trigger_order", "category": {"op": op, **value}}, subjects)

    assert contains("in", value=["CAMERA", "LENS"]) == {10}  # not 12: an order of somebody else
    assert contains("is", value="BOOK") == {11}
    assert contains("contains", value="O") == {11}
    assert contains("is_set") == {10, 11}


def test_merged_customers_keep_what_they_did_under_other_ids(shop: Shop) -> None:
    """BETO was merged into ANA: his events, orders and runs are hers. CARLA is somebody else."""
    orders = [
        Order("o1", BETO, NOW, "MXN", 500, [("p1", "CAMERA", 1)]),
        Order("o2", ANA, NOW, "MXN", 500, [("p1", "CAMERA", 1)]),
    ]
    events = [
        happened(1, BETO, plan="pro", order_id="o1"),
        happened(2, ANA, order_id="o1"),  # named after the merge
        happened(3, CARLA, order_id="o1"),
    ]
    traits = {ANA: {"plan": "old"}, CARLA: {"plan": "new"}}
    here = build(shop, aliases={BETO: ANA}, orders=orders, events=events, traits=traits)
    everybody = [Subject(customer, customer) for customer in (ANA, BETO, CARLA)]
    two = {"op": "gte", "value": 2}
    for leaf in (
        {"type": "orders", "count": two},
        {"type": "event", "name": "Order Completed", "count": two},
        {"type": "spent", "amount_minor": {"op": "is", "value": 1000}, "currency": "MXN"},
        {"type": "ordered", "category": "CAMERA", "quantity": two},
        {"type": "trait", "name": "plan", "op": "is", "value": "old"},
    ):
        assert match(here, leaf, everybody) == {ANA, BETO}, leaf
        assert members(here, leaf) == {ANA}, leaf
    looking = [
        Subject(10, BETO, 1),
        Subject(11, ANA, 1),
        Subject(12, ANA, 2),
        Subject(13, CARLA, 1),
        Subject(14, CARLA, 3),
    ]
    assert match(here, {"type": "trigger", "property": "plan", "op": "is", "value": "pro"}, looking) == {
        10,
        11,
    }
    assert match(here, {"type": "trigger_order", "category": {"op": "is", "value": "CAMERA"}}, looking) == {
        10,
        11,
        12,
    }


def test_a_shop_sees_only_its_own(shop: Shop) -> None:
    """One statement serves all shops; the same customer ids and event numbers in another shop do not count."""
    there = build(make_shop(), events=[happened(1, ANA, plan="pro")], traits={ANA: {"plan": "pro"}})
    here = build(shop)
    leaves = [
        {"type": "event", "name": "Order Completed"},
        {"type": "trait", "name": "plan", "op": "is", "value": "pro"},
        {"type": "trigger", "property": "plan", "op": "is", "value": "pro"},
    ]
    for leaf in leaves:
        subject = [Subject(1, ANA, 1)]
        assert match(there, leaf, subject) == {1}
        assert match(here, leaf, subject) == set()


def test_branches(shop: Shop) -> None:
    here = build(shop, traits=TRAITS)
    plan = {"type": "trait", "name": "plan", "op": "is", "value": "free"}
    vip = {"type": "trait", "name": "vip", "op": "is", "value": True}
    assert both(here, {"any": [plan, vip]}) == {ANA, BETO}
    assert both(here, {"all": [plan, vip]}) == set()
    assert both(here, {"all": [{"not": plan}, {"any": [vip, {"not": {"any": [plan, vip]}}]}]}) == {
        ANA,
        CARLA,
        NOBODY,
    }
    assert both(here, {"all": [plan, plan]}) == {BETO}


def test_each_match_forgets_the_one_before(shop: Shop) -> None:
    from vuelve.platform.db import for_shop
    from vuelve.segments import services as segments

    here = build(shop, traits=TRAITS)
    with for_shop(here) as cursor:
        segments.open_subjects(cursor)
        cursor.execute("INSERT INTO pg_temp.subject VALUES (1, 1, NULL), (2, 2, NULL)")
        for value, expected in ((True, [1]), (False, [2])):
            tree = {"type": "trait", "name": "vip", "op": "is", "value": value}
            assert segments.compile_condition(shop=here, tree=tree).match(cursor, shop=here, now=NOW) == 1
            assert [
                r[0] for r in cursor.execute("SELECT subject_id FROM pg_temp.subject_matched")
            ] == expected
        segments.open_subjects(cursor)
        assert segments.compile_condition(shop=here, tree=tree).match(cursor, shop=here, now=NOW) == 0
