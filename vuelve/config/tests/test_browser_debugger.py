"""The pages for developers in a real browser: events arrive by themselves, the panel works by keyboard, nothing is refused."""

from typing import TYPE_CHECKING

import pytest

from vuelve.config.tests.developer import refuse, send, settle
from vuelve.config.tests.test_browser import enter
from vuelve.events.services import prepare_log
from vuelve.platform.clock import real
from vuelve.platform.tests.browser import serious_faults
from vuelve.shops import services as shops
from vuelve.shops.models import KeyKind, Shop
from vuelve.shops.tests.people import make_member
from vuelve.testing import make_shop

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SECTIONS = (
    "live/",
    "live/?who=nobody",
    "live/?kind=2",
    "refused/",
    "refused/set-aside",
    "refused/without-effect",
    "schema/",
    "schema/event?kind=1&name=Order+Completed",
    "connect/?sdk=shopify",
)


@pytest.fixture
def shop(log: None) -> Shop:
    prepare_log(now=real.now())
    return make_shop()


@pytest.fixture
def data(live_server: str, page: "Page", shop: Shop) -> str:
    """The address of the sections, for a member who is signed in."""
    enter(page, live_server, make_member(shop, locale="en"))
    return f"{live_server}/s/{shop.slug}/data/"


def fill(shop: Shop) -> None:
    send(shop, "Order Completed", properties={"order_id": "A1", "total": "many", "note": "x" * 3000})
    send(shop, "N" * 200, user_id="מ" * 200)
    send(shop, "identify", kind=2, email="ana@example.com", properties={"email": "ana@example.com"})
    settle()
    refuse(shop, excerpt='{"event": "' + "y" * 3000, event_name="Z" * 200)
    send(shop, "Just Now")


def test_events_appear_by_themselves_until_paused(page: "Page", data: str, shop: Shop) -> None:
    page.goto(f"{data}live/")
    page.get_by_text("Nothing has arrived yet").wait_for()
    send(shop, "First Arrival")
    page.get_by_role("link", name="First Arrival").wait_for()
    page.get_by_text("being identified").wait_for()
    settle()
    page.locator("td.live__who a").wait_for()  # the row is replaced once it is known whose it is
    assert page.locator("[data-live-rows] tr").count() == 1
    page.get_by_role("button", name="Pause").click()
    page.get_by_text("Paused").wait_for()
    send(shop, "While Paused")
    page.wait_for_timeout(2500)
    assert page.get_by_role("link", name="While Paused").count() == 0
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("link", name="While Paused").wait_for()


def test_a_filter_holds_for_what_arrives(page: "Page", data: str, shop: Shop) -> None:
    page.goto(f"{data}live/?name=Wanted+Thing")
    page.get_by_text("No event matches").wait_for()
    send(shop, "Other Thing")
    send(shop, "Wanted Thing")
    page.get_by_role("link", name="Wanted Thing").wait_for()
    assert page.get_by_role("link", name="Other Thing").count() == 0


@pytest.mark.parametrize("width", [1440, 390])
def test_the_panel_by_keyboard(page: "Page", data: str, shop: Shop, width: int) -> None:
    fill(shop)
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{data}live/")
    link = page.get_by_role("link", name="Order Completed")
    link.focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What became of it").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Order Completed"
    assert serious_faults(page) == []
    page.keyboard.press("Escape")
    assert page.locator("[data-event-panel]").count() == 0
    assert page.evaluate("document.activeElement.textContent") == "Order Completed"


def test_a_key_is_tried_without_leaving_the_page(page: "Page", data: str, shop: Shop) -> None:
    page.goto(f"{data}connect/")
    page.fill("#connect-key", "vw_wrong")
    page.get_by_role("button", name="Send a test event").click()
    page.get_by_text("no key of this shop").wait_for()
    page.fill("#connect-key", shops.issue_key(shop=shop, kind=KeyKind.WRITE).secret)
    page.get_by_role("button", name="Send a test event").click()
    page.get_by_text("Being identified").wait_for()
    settle()
    page.get_by_text("It belongs to an anonymous visitor.").wait_for()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_nothing_serious_and_nothing_is_too_wide(
    page: "Page", data: str, shop: Shop, width: int, scheme: str
) -> None:
    fill(shop)
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    for section in SECTIONS:
        page.goto(f"{data}{section}")
        assert serious_faults(page) == [], section
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, section
