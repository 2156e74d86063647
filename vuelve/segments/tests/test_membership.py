"""Customers come and go by what they do and as time passes; each change is one event, in the transaction of its cause."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from vuelve.platform import jobs
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.segments import queries, services
from vuelve.segments.models import Segment
from vuelve.shops.models import Shop
from vuelve.testing import drain, identify, make_shop, track

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BOUGHT = {"type": "event", "name": "Order Completed", "within_days": 30}
TWICE = {**BOUGHT, "count": {"op": "gte", "value": 2}}
IN_MEXICO = {"type": "trait", "name": "country", "op": "is", "value": "MX"}
RULE = {"all": [TWICE, IN_MEXICO]}


def order(shop: Shop, who: str, at: datetime, number: str) -> None:
    track(
        shop,
        "Order Completed",
        user_id=who,
        at=at,
        received_at=max(at, NOW),
        properties={"order_id": number, "total": 10},
    )


def make(shop: Shop, tree: dict[str, Any], name: str = "Compradores", now: datetime = NOW) -> Segment:
    segment = services.create(shop=ShopId(shop.pk), name=name, tree=tree, by="ana", now=now)
    services.fill(shop=ShopId(shop.pk), segment_id=segment.pk, now=now)
    return fresh(segment)


def fresh(segment: Segment) -> Segment:
    with for_shop(ShopId(segment.shop_id)):
        return Segment.objects.get(pk=segment.pk)


def members(shop: Shop, segment: Segment) -> set[str]:
    with for_shop(ShopId(shop.pk)) as cursor:
        rows = cursor.execute(
            "SELECT c.user_id FROM segments_member m JOIN customers_customer c ON c.shop_id = m.shop_id AND c.id = m.customer_id "
            "WHERE m.shop_id = %s AND m.segment_id = %s",
            [shop.pk, segment.pk],
        ).fetchall()
    return {row[0] for row in rows}


def told(shop: Shop) -> Counter[tuple[str, str]]:
    with for_shop(ShopId(shop.pk)) as cursor:
        rows = cursor.execute(
            "SELECT name, properties->>'segment' FROM events_event WHERE shop_id = %s AND source = 'segments'",
            [shop.pk],
        ).fetchall()
    return Counter((row[0], row[1]) for row in rows)


@pytest.fixture
def full(log: None, shop: Shop) -> Shop:
    """Ana bought twice, Bea once, Carl twice in Brazil."""
    for who, country in (("ana", "MX"), ("bea", "MX"), ("carl", "BR")):
        identify(shop, who, at=NOW - timedelta(days=40), received_at=NOW, traits={"country": country})
    order(shop, "ana", NOW - timedelta(days=29), "A1")
    order(shop, "ana", NOW - timedelta(days=2), "A2")
    order(shop, "bea", NOW - timedelta(days=2), "B1")
    order(shop, "carl", NOW - timedelta(days=2), "C1")
    order(shop, "carl", NOW - timedelta(days=1), "C2")
    drain(NOW)
    return shop


def test_a_fill_finds_who_is_there_and_tells_nobody(full: Shop) -> None:
    segment = make(full, RULE)
    assert members(full, segment) == {"ana"}
    assert (segment.size, segment.is_filled) == (1, True)
    assert told(full) == Counter()
    assert services.fill(shop=ShopId(full.pk), segment_id=segment.pk, now=NOW) is None


def test_who_is_touched_enters_within_the_batch(full: Shop) -> None:
    segment = make(full, RULE)
    order(full, "bea", NOW, "B2")
    drain(NOW)
    assert members(full, segment) == {"ana", "bea"}
    assert told(full) == {("Segment Entered", "Compradores"): 1}
    identify(full, "bea", at=NOW + timedelta(seconds=1), traits={"country": "BR"})
    drain(NOW + timedelta(minutes=1))
    assert members(full, segment) == {"ana"}
    assert told(full) == {("Segment Entered", "Compradores"): 1, ("Segment Left", "Compradores"): 1}
    drain(NOW + timedelta(minutes=2))  # its own events change nothing
    assert sum(told(full).values()) == 2


def test_time_alone_makes_them_leave(full: Shop) -> None:
    segment = make(full, RULE)
    shop = ShopId(full.pk)
    assert services.sweep(shop=shop, now=NOW + timedelta(hours=12)) == 0
    assert services.sweep(shop=shop, now=NOW + timedelta(days=2)) == 1
    assert members(full, segment) == set()
    assert told(full) == {("Segment Left", "Compradores"): 1}
    assert services.sweep(shop=shop, now=NOW + timedelta(days=2, minutes=1)) == 0
    with for_shop(shop) as cursor:
        days = queries.sizes(cursor, shop, segment.pk, since=NOW.date())
    assert [size for _day, size in days] == [1, 0]


def test_a_segment_that_looks_at_another_follows_it_at_once(full: Shop) -> None:
    shop = ShopId(full.pk)
    buyers = make(full, RULE)
    others = make(full, {"all": [IN_MEXICO, {"not": {"type": "segment", "segment": buyers.pk}}]}, "Los demás")
    assert members(full, others) == {"bea"}
    order(full, "bea", NOW, "B2")
    drain(NOW)
    assert members(full, others) == set()
    assert told(full) == {("Segment Entered", "Compradores"): 1, ("Segment Left", "Los demás"): 1}
    services.sweep(shop=shop, now=NOW + timedelta(days=2))
    assert (members(full, buyers), members(full, others)) == ({"bea"}, {"ana"})


def test_it_cannot_look_at_itself(full: Shop) -> None:
    shop = ShopId(full.pk)
    first = make(full, RULE)
    second = make(full, {"type": "segment", "segment": first.pk}, "Dos")
    third = make(full, {"type": "segment", "segment": second.pk}, "Tres")
    for looked_at in (first, second, third):
        with pytest.raises(VuelveError, match="segment_circle"):
            services.change(
                shop=shop,
                segment_id=first.pk,
                by="ana",
                now=NOW,
                tree={"any": [IN_MEXICO, {"type": "segment", "segment": looked_at.pk}]},
            )
    assert fresh(first).version == 1
    with pytest.raises(VuelveError, match="segment_in_use"):
        services.archive(shop=shop, segment_id=first.pk, by="ana", now=NOW)
    with pytest.raises(VuelveError, match="unknown_segment") as refused:
        make(full, {"not": {"type": "segment", "segment": 10**9}}, "Cuatro")
    assert refused.value.field == "tree.not.segment"


def test_another_shops_segment_is_none(full: Shop) -> None:
    other = make_shop()
    segment = make(other, IN_MEXICO)
    with pytest.raises(VuelveError, match="unknown_segment"):
        make(full, {"type": "segment", "segment": segment.pk})
    with pytest.raises(VuelveError, match="not_found"):
        services.change(shop=ShopId(full.pk), segment_id=segment.pk, by="eva", now=NOW, name="Mío")
    with pytest.raises(VuelveError, match="not_found"):
        services.archive(shop=ShopId(full.pk), segment_id=segment.pk, by="eva", now=NOW)


def test_a_change_is_a_version_and_an_old_one_comes_back(full: Shop) -> None:
    shop = ShopId(full.pk)
    segment = make(full, RULE)
    same = services.change(shop=shop, segment_id=segment.pk, by="bea", now=NOW, tree=RULE, name="Fieles")
    assert (same.version, same.name) == (1, "Fieles")
    changed = services.change(shop=shop, segment_id=segment.pk, by="bea", now=NOW, tree=TWICE, version=1)
    assert (changed.version, changed.is_filled) == (2, False)
    assert members(full, segment) == {"ana"}  # until it is filled
    jobs.run_pending()
    with pytest.raises(VuelveError, match="segment_changed"):
        services.change(shop=shop, segment_id=segment.pk, by="carl", now=NOW, tree=IN_MEXICO, version=1)
    services.fill(shop=shop, segment_id=segment.pk, now=NOW)
    services.restore_version(shop=shop, segment_id=segment.pk, number=1, by="ana", now=NOW)
    services.fill(shop=shop, segment_id=segment.pk, now=NOW)
    assert fresh(segment).version == fresh(segment).filled_version == 3
    assert members(full, segment) == {"ana"}
    assert told(full) == Counter()


def test_names_are_taken_once(full: Shop) -> None:
    segment = make(full, RULE)
    with pytest.raises(VuelveError, match="name_taken"):
        make(full, TWICE)
    copy = services.duplicate(shop=ShopId(full.pk), segment_id=segment.pk, name="Copia", by="ana", now=NOW)
    services.archive(shop=ShopId(full.pk), segment_id=copy.pk, by="ana", now=NOW)
    make(full, TWICE, "Copia")
    for name in ("", "  ", "x" * 121, "a\x00b"):
        with pytest.raises(VuelveError, match="invalid_name"):
            make(full, TWICE, name)


def test_merged_people_are_one_member(full: Shop) -> None:
    segment = make(full, {**BOUGHT, "count": {"op": "gte", "value": 3}})
    track(full, "Order Completed", anonymous_id="a-1", at=NOW, properties={"order_id": "X1", "total": 5})
    drain(NOW)
    assert members(full, segment) == set()
    identify(full, "ana", at=NOW, anonymous_id="a-1", traits={})
    drain(NOW)
    assert members(full, segment) == {"ana"}
    with for_shop(ShopId(full.pk)) as cursor:
        assert queries.count_members(cursor, ShopId(full.pk), segment.pk) == 1


def test_a_list_is_who_was_uploaded(full: Shop) -> None:
    shop = ShopId(full.pk)
    segment, unknown = services.upload(
        shop=shop,
        name="Feria",
        ids=["ana", " ana ", "nobody@example.com", "🎉", "", "carl"],
        by="ana",
        now=NOW,
    )
    assert (members(full, segment), unknown, segment.size) == ({"ana", "carl"}, 2, 2)
    order(full, "ana", NOW, "A3")
    drain(NOW)
    services.sweep(shop=shop, now=NOW)
    assert members(full, segment) == {"ana", "carl"}
    assert told(full) == Counter()
    both = make(full, {"all": [IN_MEXICO, {"type": "segment", "segment": segment.pk}]}, "Feria MX")
    assert members(full, both) == {"ana"}
    with pytest.raises(VuelveError, match="segment_is_list"):
        services.change(shop=shop, segment_id=segment.pk, by="ana", now=NOW, tree=RULE)
    with pytest.raises(VuelveError, match="list_empty"):
        services.upload(shop=shop, name="Nada", ids=[" "], by="ana", now=NOW)
    with pytest.raises(VuelveError, match="list_too_long"):
        services.upload(shop=shop, name="Mucho", ids=[f"🎉{n}" for n in range(100_001)], by="ana", now=NOW)


def test_overlap(full: Shop) -> None:
    shop = ShopId(full.pk)
    first, second = make(full, TWICE, "Dos veces"), make(full, IN_MEXICO, "México")
    with for_shop(shop) as cursor:
        assert queries.overlap(cursor, shop, first.pk, second.pk) == queries.Overlap(1, 1, 1)


def test_who_is_touched_while_it_is_filled_is_judged_by_the_newest(
    full: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the reading of everyone and the writing, Bea buys and Ana moves: both batches are over before it writes."""
    from vuelve.segments.services.engines import PostgresEngine

    read = PostgresEngine.members

    def slowly(self: PostgresEngine, *given: Any) -> Any:
        found = read(self, *given)
        order(full, "bea", NOW, "B2")
        identify(full, "ana", at=NOW, traits={"country": "BR"})
        drain(NOW)
        return found

    monkeypatch.setattr(PostgresEngine, "members", slowly)
    segment = make(full, RULE)
    assert members(full, segment) == {"bea"}


def test_a_preview_counts_and_shows_some(full: Shop) -> None:
    shop = ShopId(full.pk)
    found = services.preview(shop=shop, tree=TWICE, now=NOW)
    assert (found.count, found.customers_total, len(found.sample), found.is_exact) == (2, 3, 2, True)
    tree: dict[str, Any] = TWICE
    for _n in range(7):
        tree = {"not": tree}
    with pytest.raises(VuelveError, match="too_deep"):
        services.preview(shop=shop, tree=tree, now=NOW)


def test_every_branch_is_explained_with_his_own_values(full: Shop) -> None:
    shop = ShopId(full.pk)
    spent = {"type": "spent", "amount_minor": {"op": "gte", "value": 1500}, "currency": "MXN"}
    tree = {"all": [{"any": [TWICE, spent]}, {"not": IN_MEXICO}]}
    with for_shop(shop) as cursor:
        row = cursor.execute(
            "SELECT id FROM customers_customer WHERE shop_id = %s AND user_id = 'ana'", [shop]
        ).fetchone()
    assert row is not None
    with translation.override("en"):
        why = services.explain(shop=shop, tree=tree, customer=CustomerId(row[0]), now=NOW)
    assert (why.branch, why.holds) == ("all", False)
    any_of, negated = why.below
    assert [(each.holds, each.figure) for each in any_of.below] == [(True, "2"), (True, "MX$20.00")]
    assert (negated.holds, negated.below[0].holds, negated.below[0].figure) == (False, True, "MX")
    assert negated.below[0].path == "tree.all[1].not"


def test_nobody_is_told_of_before_it_is_filled(full: Shop) -> None:
    """Bea acts between the making and the filling: she is in by the definition, and that is told to nobody."""
    shop = ShopId(full.pk)
    segment = services.create(shop=shop, name="México", tree=IN_MEXICO, by="ana", now=NOW)
    order(full, "bea", NOW, "B2")
    drain(NOW)
    assert members(full, segment) == set()
    services.fill(shop=shop, segment_id=segment.pk, now=NOW)
    assert members(full, segment) == {"ana", "bea"}
    services.change(shop=shop, segment_id=segment.pk, by="ana", now=NOW, tree={"not": IN_MEXICO})
    order(full, "bea", NOW, "B3")
    drain(NOW)
    services.fill(shop=shop, segment_id=segment.pk, now=NOW)
    assert members(full, segment) == {"carl"}
    assert told(full) == Counter()
