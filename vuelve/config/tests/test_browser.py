"""Sign-in, the overview and the components in a real browser: they work, they are accessible, nothing is refused."""

from typing import TYPE_CHECKING

import pytest

from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.platform.tests.browser import serious_faults, sign_in
from vuelve.shops import services
from vuelve.shops.models import Member, Shop
from vuelve.shops.tests.people import PASSWORD, make_member

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture
def member(shop: Shop) -> Member:
    """Of a shop with orders of the last weeks."""
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute(
            "INSERT INTO commerce_order (shop_id, customer_id, order_id, ordered_at, currency, subtotal_minor, total_minor, event_seq) "
            "SELECT %s, 1, 'A' || n, %s - n * interval '7 hours', 'MXN', 5000, 5000, n FROM generate_series(1, 150) AS n",
            [shop.pk, real.now()],
        )
        cursor.execute(
            "INSERT INTO commerce_order_key SELECT shop_id, order_id, customer_id FROM commerce_order WHERE shop_id = %s",
            [shop.pk],
        )
        cursor.execute(
            "INSERT INTO customers_customer (shop_id, id, name, search_key, created_at, first_seen_at, last_seen_at) "
            "VALUES (%s, 1, 'Ana Peña', 'ana pena', %s, %s, %s)",
            [shop.pk, real.now(), real.now(), real.now()],
        )
        cursor.execute(
            "INSERT INTO customers_word VALUES (%s, 1, 'ana'), (%s, 1, 'pena')", [shop.pk, shop.pk]
        )
    return make_member(shop)


def enter(page: "Page", live_server: str, member: Member) -> None:
    sign_in(page, live_server, services.issue_sign_in_link(member=member, now=real.now()))


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest, page: "Page") -> str:
    page.emulate_media(color_scheme=request.param, reduced_motion="reduce")
    return str(request.param)


def wait_for_charts(page: "Page") -> None:
    for plot in page.locator("[data-chart]").all():
        plot.scroll_into_view_if_needed()
        plot.locator("svg").wait_for(timeout=20_000)


def test_in_with_a_password_and_out_again(live_server: str, page: "Page", member: Member, shop: Shop) -> None:
    page.goto(f"{live_server}/s/{shop.slug}/?days=7")
    page.fill("#id_email", member.email)
    page.fill("#id_password", "not this one")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/s/{shop.slug}/?days=7")
    page.get_by_label("Tu cuenta").click()
    page.get_by_role("button", name="Cerrar sesión").click()
    page.wait_for_url("**/sign-in")
    page.go_back()
    page.wait_for_url("**/sign-in**")  # the page of the shop is not in the browser's memory any more


def test_charts_are_drawn_without_eval(live_server: str, page: "Page", member: Member) -> None:
    enter(page, live_server, member)
    wait_for_charts(page)
    bars = page.locator("#chart-orders .mark-rect path")
    assert bars.count() == 28
    assert all(box is not None and box["width"] > 3 for box in (bars.nth(n).bounding_box() for n in (0, 27)))
    bars.nth(20).hover()
    page.locator("#vg-tooltip-element.visible").wait_for()


def test_a_chart_follows_the_theme(live_server: str, page: "Page", member: Member) -> None:
    page.emulate_media(color_scheme="light")
    enter(page, live_server, member)
    wait_for_charts(page)
    light = page.locator("#chart-orders .mark-rect path").first.get_attribute("fill")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        "was => document.querySelector('#chart-orders .mark-rect path')?.getAttribute('fill') !== was",
        arg=light,
    )


@pytest.mark.parametrize("key", ["/", "Control+k"])
def test_search_by_keyboard_alone(live_server: str, page: "Page", member: Member, key: str) -> None:
    enter(page, live_server, member)
    page.keyboard.press(key)
    page.keyboard.type("peña")
    page.locator("[data-search-results] a").first.wait_for()
    page.keyboard.press("ArrowDown")
    assert "Ana Peña" in (page.evaluate("document.activeElement.textContent") or "")
    page.keyboard.press("Escape")
    assert page.locator("[data-search-results] a").count() == 0
    assert page.evaluate("document.activeElement.hasAttribute('data-search')")


def test_a_definition_shows_on_focus_and_closes_with_escape(
    live_server: str, page: "Page", member: Member
) -> None:
    enter(page, live_server, member)
    tip = page.locator(".tile .hint__text").first
    assert not tip.is_visible()
    page.locator(".tile .hint__button").first.focus()
    assert tip.is_visible()
    page.keyboard.press("Escape")
    assert not tip.is_visible()


def test_components_at_work(live_server: str, page: "Page", member: Member, shop: Shop) -> None:
    enter(page, live_server, member)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{live_server}/s/{shop.slug}/ui")
    page.locator(".toast").get_by_role("button").click()
    assert page.locator(".toast").count() == 0
    page.get_by_role("button", name="Abrir un diálogo").click()
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog").is_visible()
    page.locator(".code").get_by_role("button").click()
    page.get_by_text("Copiado").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "vuelve up --port 8000"


def test_the_skip_link_is_the_first_stop(live_server: str, page: "Page", member: Member) -> None:
    enter(page, live_server, member)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("width", [1440, 900, 390])
def test_nothing_is_wider_than_the_window(
    live_server: str, page: "Page", member: Member, shop: Shop, width: int
) -> None:
    enter(page, live_server, member)
    page.set_viewport_size({"width": width, "height": 844})
    for path in ("", "?days=365", "ui", "search?q=a"):
        page.goto(f"{live_server}/s/{shop.slug}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, path


def test_axe_finds_nothing_serious(
    live_server: str, page: "Page", member: Member, shop: Shop, theme: str
) -> None:
    page.goto(f"{live_server}/sign-in")
    assert serious_faults(page) == []
    page.click("button[type=submit]")
    assert serious_faults(page) == []
    page.goto(f"{live_server}/sign-in/used")
    assert serious_faults(page) == []
    enter(page, live_server, member)
    wait_for_charts(page)
    assert serious_faults(page) == []
    page.get_by_label("Tu cuenta").click()
    assert serious_faults(page) == []
    for path in ("ui", "search?q=pe%C3%B1a", "nothing"):
        page.goto(f"{live_server}/s/{shop.slug}/{path}")
        assert serious_faults(page) == [], path


def test_axe_on_a_phone(live_server: str, page: "Page", member: Member, shop: Shop, theme: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    enter(page, live_server, member)
    wait_for_charts(page)
    assert serious_faults(page) == []


def test_a_lost_connection_does_not_pass_in_silence(live_server: str, page: "Page", member: Member) -> None:
    enter(page, live_server, member)
    page.route(
        "**/search?*",
        lambda route: route.fulfill(status=200, body="") if "ok" in route.request.url else route.abort(),
    )
    page.keyboard.press("/")
    with page.expect_event("requestfailed"):
        page.keyboard.type("x")
    page.locator(".toast--bad").wait_for()
