"""A test shop in a real browser: made, filled, looked at, emptied; in Spanish."""

from typing import TYPE_CHECKING

import pytest

from vuelve.events.consuming import drain
from vuelve.platform import jobs
from vuelve.platform.clock import VirtualClock, real
from vuelve.platform.tests.browser import looks_right, sign_in
from vuelve.shops import services
from vuelve.shops.models import Shop
from vuelve.shops.tests.people import make_member
from vuelve.testing import make_shop

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_made_filled_and_emptied(live_server: str, page: "Page", log: None) -> None:
    shop = make_shop()
    member = make_member(shop)
    sign_in(page, live_server, services.issue_sign_in_link(member=member, now=real.now()))
    page.goto(f"{live_server}/s/{shop.slug}/settings/sandbox")
    looks_right(page, "sandbox-none")
    page.get_by_role("button", name="Crear una tienda de prueba").press("Enter")
    page.get_by_text("Tienda de prueba: sus clientes son inventados").wait_for()
    looks_right(page, "sandbox-empty")
    page.get_by_role("button", name="Llenarla").press("Enter")
    page.get_by_role("progressbar").wait_for()
    jobs.run_pending()
    drain(clock=VirtualClock(real.now()))
    page.get_by_role("link", name="Mirar").wait_for()
    page.reload()
    page.get_by_text("300").first.wait_for()
    looks_right(page, "sandbox-filled")
    page.get_by_role("link", name="Mirar").click()
    page.locator("main h1").wait_for()
    looks_right(page, "sandbox-overview")
    page.get_by_text("Cambiar de tienda").locator("..").click()
    looks_right(page, "sandbox-shops")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Clientes", exact=True).first.click()
    page.locator("tbody th a").first.click()
    page.get_by_role("heading", name="Cronología").wait_for()
    looks_right(page, "customer-360")
    page.get_by_role("link", name="Ajustes").first.click()
    page.get_by_role("link", name="Tienda de prueba", exact=True).click()
    page.get_by_role("button", name="Vaciarla").click()
    page.get_by_role("dialog").get_by_text("300 clientes").wait_for()
    looks_right(page, "sandbox-emptying")
    page.get_by_role("dialog").get_by_role("button", name="Vaciarla").press("Enter")
    jobs.run_pending()
    page.get_by_role("button", name="Llenarla").wait_for()
    assert Shop.objects.filter(members=member, is_sandbox=True).count() == 1
