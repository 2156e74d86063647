"""Messages on the overview."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import translation

from vuelve.channels.panels import MessagesPanel
from vuelve.channels.tests.samples import NOON, add_customer, dispatch, publish, queue
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop
from vuelve.shops.tests.people import page_request
from vuelve.testing import make_shop


def panel(shop: Shop, days: int = 7, now: datetime = NOON + timedelta(hours=1)) -> Any:
    with translation.override("en"):
        return MessagesPanel().context(page_request(shop, now=now, days=days), ShopId(shop.pk), None)


def figures(context: Any) -> list[str]:
    return [tile.value for tile in context["tiles"]]


def test_sent_and_withheld_by_what_became_of_them(shop: Shop) -> None:
    version = publish(shop)
    queue(shop, add_customer(shop), version)
    queue(shop, add_customer(shop), version)
    queue(shop, add_customer(shop), version, purpose="marketing")  # without consent
    queue(shop, add_customer(shop), version, due_at=NOON + timedelta(days=3))  # not due: neither
    dispatch(NOON)
    context = panel(shop)
    assert figures(context) == ["2", "1", "100%"]
    chart = context["charts"][0]
    assert str(chart.title) == "67% of the messages were sent, the rest withheld"
    assert (sum(row[1] for row in chart.rows), sum(row[2] for row in chart.rows)) == (2, 1)


def test_all_sent(shop: Shop) -> None:
    queue(shop, add_customer(shop), publish(shop))
    dispatch(NOON)
    assert str(panel(shop)["charts"][0].title) == "The message was sent, none withheld"


def test_what_was_sent_before_is_the_comparison(shop: Shop) -> None:
    queue(shop, add_customer(shop), publish(shop))
    dispatch(NOON)
    context = panel(shop, now=NOON + timedelta(days=8))
    assert figures(context) == ["0", "0", "–"]
    assert context["tiles"][0].change.before == "1"
    assert str(context["charts"][0].title) == "No messages in these 7 days"


def test_another_shop_is_not_counted(shop: Shop) -> None:
    other = make_shop()
    queue(other, add_customer(other), publish(other))
    dispatch(NOON)
    context = panel(shop)
    assert figures(context) == ["0", "0", "–"]
    assert not context["has_data"]
