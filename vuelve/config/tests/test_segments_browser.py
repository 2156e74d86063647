"""Segments in a real browser, in Spanish: put together by keyboard, saved, members seen, one of them explained."""

from typing import TYPE_CHECKING

import pytest

from vuelve.events.consuming import drain
from vuelve.events.services import ensure_months
from vuelve.platform import jobs
from vuelve.platform.clock import VirtualClock, real
from vuelve.platform.tests.browser import looks_right, sign_in
from vuelve.shops import services
from vuelve.shops.tests.people import make_member
from vuelve.testing import identify, make_shop, track

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_build_save_see_members_and_explain(live_server: str, page: "Page", log: None) -> None:
    shop = make_shop()
    now = real.now()
    ensure_months(now=now)
    for who, name, country, orders in (
        ("ana", "Ana Peregrina de los Ángeles", "MX", 2),
        ("bea", "Beatriz", "MX", 1),
        ("caio", "Caio", "BR", 3),
    ):
        identify(shop, who, at=now, traits={"name": name, "country": country, "email": f"{who}@example.com"})
        for number in range(orders):
            track(
                shop, "Order Completed", user_id=who, at=now,
                properties={"order_id": f"{who}-{number}", "total": 100, "currency": "MXN"},
            )  # fmt: skip
    drain(clock=VirtualClock(now))
    member = make_member(shop)
    sign_in(page, live_server, services.issue_sign_in_link(member=member, now=now))
    page.goto(f"{live_server}/s/{shop.slug}/segments/")
    page.get_by_text("Todavía no hay segmentos").wait_for()
    looks_right(page, "segments-none")
    page.get_by_role("link", name="Crear un segmento").press("Enter")

    page.get_by_label("Nombre", exact=True).fill("Fieles de México")
    page.get_by_text("Aún no está completo").wait_for()
    looks_right(page, "segment-begun")
    page.get_by_label("Evento", exact=True).fill("Order Completed")
    page.get_by_label("Evento", exact=True).press("Tab")
    page.get_by_label("Veces", exact=True).fill("2")
    page.locator("#builder-preview strong", has_text="2").wait_for()
    page.get_by_label("Tipo de condición").first.select_option("trait")
    page.get_by_role("button", name="Agregar condición").press("Enter")
    page.get_by_label("Atributo").fill("country")
    page.locator('[id="t.1.value"]').fill("MX")
    page.locator("#builder-preview strong", has_text="1").wait_for()
    page.get_by_role("link", name="Ana Peregrina de los Ángeles").wait_for()
    looks_right(page, "segment-built")
    page.get_by_role("button", name="Quitar 2").press("Enter")
    page.locator("#builder-preview strong", has_text="2").wait_for()
    page.get_by_role("button", name="Deshacer").press("Enter")
    page.locator("#builder-preview strong", has_text="1").wait_for()
    page.get_by_role("button", name="Agregar grupo").press("Enter")
    page.get_by_role("group", name="Grupo 3").wait_for()
    looks_right(page, "segment-group")
    page.get_by_role("button", name="Quitar el grupo").press("Enter")
    page.locator("button[value=undo]:focus").wait_for()
    page.get_by_role("button", name="Guardar").press("Enter")

    page.get_by_role("heading", name="Fieles de México").wait_for()
    jobs.run_pending()
    page.reload()
    page.get_by_role("link", name="Ana Peregrina de los Ángeles").wait_for()
    looks_right(page, "segment-members")
    page.get_by_label("Correo electrónico, teléfono, identificador de usuario o número de un cliente").fill(
        "bea@example.com"
    )
    page.get_by_role("button", name="Explicar").press("Enter")
    page.get_by_text("no coincide").wait_for()
    page.get_by_text("encontrado: 1").wait_for()
    looks_right(page, "segment-why")
    page.get_by_role("link", name="Cambiar", exact=True).click()
    page.get_by_label("Veces", exact=True).wait_for()
    assert page.get_by_label("Veces", exact=True).input_value() == "2"
    page.goto(f"{live_server}/s/{shop.slug}/segments/")
    page.get_by_role("link", name="Fieles de México").wait_for()
    looks_right(page, "segments")
    page.goto(f"{live_server}/s/{shop.slug}/segments/upload")
    looks_right(page, "segment-upload")
