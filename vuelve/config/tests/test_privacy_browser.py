"""Erasing somebody in a real browser, on a desk and on a phone."""

import os
from typing import TYPE_CHECKING

import pytest

from vuelve.config.tests.story import begin
from vuelve.config.tests.test_privacy import a_full_life, hits
from vuelve.platform import jobs
from vuelve.platform.clock import real
from vuelve.platform.tests.browser import serious_faults, sign_in
from vuelve.shops import services
from vuelve.shops.models import Role
from vuelve.shops.tests.people import make_member

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_from_the_customers_page_to_the_report(
    log: None, live_server: str, page: "Page", theme: str, width: int
) -> None:
    story = begin()
    ana = a_full_life(story)
    member = make_member(story.shop, role=Role.OWNER, locale="es")
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_default_navigation_timeout(30_000)  # a busy machine; what is slow by itself fails elsewhere
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, live_server, services.issue_sign_in_link(member=member, now=real.now()))
    root = f"{live_server}/s/{story.shop.slug}"

    page.goto(f"{root}/data/privacy/")
    look(page, "empty", width)
    page.goto(f"{root}/customers/{ana}")
    look(page, "customer", width)
    with page.expect_download() as copy:
        page.get_by_role("button", name="Descargar una copia").click()
    assert copy.value.suggested_filename.endswith(".zip")
    page.get_by_role("link", name="Borrar…").click()
    look(page, "confirm", width)
    page.get_by_label("Para confirmar").fill("Bea")
    page.keyboard.press("Enter")
    page.get_by_text("No se borró nada").wait_for()
    page.get_by_label("Para confirmar").fill("ana")
    page.keyboard.press("Enter")
    page.wait_for_url("**/data/privacy/erasures/*")
    page.get_by_text("Puedes dejar esta página").wait_for()
    look(page, "waiting", width)
    jobs.run_pending()
    page.get_by_text("Después no se encontró nada").wait_for(timeout=15_000)  # by itself
    look(page, "report", width)
    assert hits(story) == []

    page.get_by_role("link", name="Todas las solicitudes").click()
    page.get_by_label("Inactive customers").or_(page.get_by_label("Clientes inactivos")).select_option("365")
    page.get_by_role("button", name="Ver qué se borraría").click()
    page.get_by_text("Se borrarían ahora").first.wait_for()
    look(page, "retention", width)
    page.get_by_role("button", name="Guardar").click()
    page.get_by_text("a partir de la próxima hora").wait_for()


def look(page: "Page", name: str, width: int) -> None:
    assert serious_faults(page) == []
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, name
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
