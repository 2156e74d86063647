"""Orders in the search of the top bar."""

from datetime import timedelta

import pytest
from django.utils import translation

from vuelve.commerce.search import OrderSearch
from vuelve.commerce.tests.support import NOW, Store
from vuelve.platform import limits
from vuelve.shops.tests.people import page_request
from vuelve.testing import make_shop


def found(store: Store, query: str) -> list[str]:
    with translation.override("en"):
        group = OrderSearch().search(page_request(store.shop, now=NOW), store.id, query)
    return [str(hit.label) for hit in group.hits] if group else []


@pytest.mark.parametrize("query", ["ORD-10", "#ORD-10", "ORD-1001"])
def test_by_the_beginning_of_its_number(store: Store, query: str) -> None:
    store.order("ORD-1001", total=10)
    store.order("XORD-1001", total=10)
    store.consume()
    assert found(store, query) == ["ORD-1001"]


@pytest.mark.parametrize("query", ["1001", "ord-10", "%", "_", "#", "' OR 1=1 --", "\U0010ffff"])
def test_nothing_else_is_a_hit(store: Store, query: str) -> None:
    store.order("ORD-1001", total=10)
    store.consume()
    assert found(store, query) == []


def test_the_number_of_hits_is_bounded(store: Store) -> None:
    for number in range(limits.SEARCH_HITS_MAX + 3):
        store.order(f"ORD-{number}", total=10, at=NOW - timedelta(days=number))
    store.consume()
    assert len(found(store, "ORD-")) == limits.SEARCH_HITS_MAX


def test_orders_of_another_shop_are_not_found(store: Store) -> None:
    other = Store(make_shop())
    other.order("ORD-1001", total=10)
    other.consume()
    assert found(store, "ORD") == []
