"""The overview as a whole: the panels of all packages on one page, and its address holds its state."""

from datetime import timedelta

import pytest

from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop
from vuelve.shops.tests.people import browser_of, make_member


@pytest.fixture
def selling(shop: Shop) -> Shop:
    """A shop with an order of yesterday. The page asks the real clock, so the row is put where it looks."""
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute(
            "INSERT INTO commerce_order (shop_id, customer_id, order_id, ordered_at, currency, subtotal_minor, total_minor, event_seq) "
            "VALUES (%s, 1, 'A1', %s, 'MXN', 123450, 123450, 1)",
            [shop.pk, real.now() - timedelta(days=1)],
        )
        cursor.execute("INSERT INTO commerce_order_key VALUES (%s, 'A1', 1)", [shop.pk])
    return shop


def get(shop: Shop, query: str = "", locale: str = "en") -> str:
    response = browser_of(make_member(shop, locale=locale)).get(f"/s/{shop.slug}/{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_a_new_shop_is_told_what_to_do_next(shop: Shop) -> None:
    page = get(shop)
    assert "Send the first event" in page
    assert "/v1/track" in page
    assert 'class="tile"' not in page, "a page of zeros says nothing"


def test_tiles_and_charts_of_all_packages(selling: Shop) -> None:
    page = get(selling)
    for text in ("Orders", "Revenue", "New customers", "Messages sent", "Messages withheld", "MX$1,234.50"):
        assert text in page
    assert page.count("data-chart=") == 3
    assert "Send the first event" not in page


def test_every_figure_has_its_definition(selling: Shop) -> None:
    page = get(selling)
    assert page.count('class="tile"') == page.count('role="tooltip"') == 10


@pytest.mark.parametrize(
    ("query", "current"),
    [("", "28 days"), ("?days=7", "7 days"), ("?days=365", "365 days"), ("?days=8", "28 days")],
)
def test_the_address_holds_the_period(selling: Shop, query: str, current: str) -> None:
    assert f'aria-current="true">{current}</a>' in get(selling, query)


def test_downloads_keep_the_period(selling: Shop) -> None:
    assert "?days=7&amp;download=orders.png" in get(selling, "?days=7")
    client = browser_of(make_member(selling))
    table = client.get(f"/s/{selling.slug}/?days=7&download=orders.csv")
    lines = b"".join(table.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 1 + 7
    assert sum(int(line.split(",")[1]) for line in lines[1:]) == 1
    assert client.get(f"/s/{selling.slug}/?download=orders.png").content.startswith(b"\x89PNG")
    assert client.get(f"/s/{selling.slug}/?download=nothing.csv").status_code == 404


def test_nothing_of_another_shop(selling: Shop) -> None:
    from vuelve.testing import make_shop

    assert "Send the first event" in get(make_shop())


def test_the_top_bar_finds_in_all_packages(selling: Shop) -> None:
    client = browser_of(make_member(selling, locale="en"))
    part = client.get(f"/s/{selling.slug}/search?q=A1", headers={"hx-request": "true"}).content.decode()
    assert "<html" not in part
    assert "MX$1,234.50" in part
    whole = client.get(f"/s/{selling.slug}/search?q=overv").content.decode()
    assert 'href="/s/' in whole
    assert "Overview" in whole
    nothing = client.get(f"/s/{selling.slug}/search", {"q": "<b>\x00" + "x" * 5000}).content.decode()
    assert "Nothing found for" in nothing
    assert "<b>x" not in nothing
