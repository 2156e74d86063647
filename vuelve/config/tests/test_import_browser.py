"""Data > Imports in a real browser: a file from the disk to its numbers, by mouse, on a desk and on a phone."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vuelve.config.tests.test_import_pages import ORDERS
from vuelve.platform import jobs
from vuelve.platform.clock import real
from vuelve.platform.tests.browser import looks_right, sign_in
from vuelve.shops import services
from vuelve.shops.models import Shop
from vuelve.shops.tests.people import make_member

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_from_the_disk_to_the_numbers(live_server: str, page: "Page", shop: Shop, tmp_path: Path) -> None:
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    sign_in(page, live_server, services.issue_sign_in_link(member=make_member(shop), now=real.now()))
    page.goto(f"{live_server}/s/{shop.slug}/data/imports/")
    looks_right(page, "imports-empty")
    file = tmp_path / "ventas.csv"
    file.write_bytes(ORDERS)
    page.get_by_label("Archivo CSV").set_input_files(file)
    page.get_by_role("button", name="Subir").click()
    page.wait_for_url("**/columns")
    assert page.get_by_text("1250.50").count() == 1
    looks_right(page, "imports-columns")
    # A wrong choice shows at once what it does to the rows, and can be taken back; by keyboard.
    page.get_by_label("Los importes se escriben").focus()
    page.get_by_label("Los importes se escriben").select_option(".")
    page.get_by_text("Otro signo decimal").first.wait_for()
    assert page.evaluate("document.activeElement.id") == "map-decimal"
    page.get_by_label("Los importes se escriben").select_option(",")
    page.get_by_text("1250.50").wait_for()
    page.get_by_role("button", name="Probar con todo el archivo").click()
    page.wait_for_url(re.compile(r"/imports/\d+$"))
    jobs.run_pending()
    page.get_by_text("2 pedidos, 2 perfiles de cliente").wait_for()  # the page asks again by itself
    looks_right(page, "imports-checked")
    page.get_by_role("button", name="Importar ahora").click()
    jobs.run_pending()
    page.get_by_text("Filas rechazadas en un archivo").wait_for()
    with page.expect_download() as download:
        page.get_by_text("Filas rechazadas en un archivo").click()
    assert download.value.suggested_filename == "ventas.rejects.csv"
    looks_right(page, "imports-done")
    page.goto(f"{live_server}/s/{shop.slug}/data/imports/")
    looks_right(page, "imports-list")
