"""Data > Exports in a real browser, on a desk and on a phone."""

from typing import TYPE_CHECKING

import pytest

from vuelve.platform import jobs
from vuelve.platform.clock import real
from vuelve.platform.tests.browser import looks_right, sign_in
from vuelve.shops import services
from vuelve.shops.models import Shop
from vuelve.shops.tests.people import make_member

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_table_is_made_and_fetched(live_server: str, page: "Page", shop: Shop) -> None:
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    sign_in(page, live_server, services.issue_sign_in_link(member=make_member(shop), now=real.now()))
    page.goto(f"{live_server}/s/{shop.slug}/data/exports/")
    page.get_by_label("Tabla").select_option("consents")
    page.get_by_role("button", name="Crear el archivo").click()
    page.get_by_text("En espera").wait_for()
    jobs.run_pending()
    link = page.get_by_role("link", name="Descargar Consentimientos")
    link.wait_for()  # the list asks again by itself
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename.endswith(".csv")
    looks_right(page, "exports")
