"""The pages of points in a real browser, against the server as it runs in earnest: as the web role, that may not write the
ledger but through its functions."""

from typing import TYPE_CHECKING

import pytest

from vuelve.commerce.tests.support import ANA
from vuelve.loyalty.tests.support import Club, later
from vuelve.platform.clock import real
from vuelve.platform.tests.browser import looks_right, sign_in
from vuelve.shops import services
from vuelve.shops.tests.people import make_member
from vuelve.testing import make_shop

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture
def busy_club(club: Club) -> Club:
    """Everything that a statement can show."""
    club.meet(ANA, name="María de los Ángeles Fernández-Villaseñor y Gutiérrez de la Concha")
    club.change(expiry="age", expiry_months=12)
    now = real.now()
    club.order("7001", total=1849.5, at=now)
    club.order("7002", total=420, at=now)
    club.order("7003", total=99, currency="USD", at=now)
    club.consume(now=now)
    club.redeem(150, "coffee", reference="Café de olla grande con pan dulce de la casa", now=now)
    club.change(approval_days=14)
    club.order("7004", total=310, at=now)
    club.refund("7001", total=1800, at=now)
    club.consume(now=now)
    return club


def test_how_they_look(live_server: str, page: "Page", busy_club: Club) -> None:
    member = make_member(busy_club.shop)
    sign_in(page, live_server, services.issue_sign_in_link(member=member, now=real.now()))
    for name, address in (
        ("loyalty", "loyalty/"),
        ("loyalty-settings", "loyalty/settings"),
        ("points", f"customers/{ANA}/points"),
        ("customer-with-points", f"customers/{ANA}"),
    ):
        page.goto(f"{live_server}/s/{busy_club.shop.slug}/{address}")
        looks_right(page, name)


def test_a_programme_is_begun_with_the_keyboard(live_server: str, page: "Page", years: None) -> None:
    shop = make_shop()
    member = make_member(shop)
    sign_in(page, live_server, services.issue_sign_in_link(member=member, now=real.now()))
    page.goto(f"{live_server}/s/{shop.slug}/loyalty/")
    looks_right(page, "loyalty-none")
    page.get_by_role("link", name="Empezar un programa").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/loyalty/settings")
    page.get_by_label("por cada").fill("0")
    page.get_by_role("button", name="Empezar el programa").press("Enter")
    page.get_by_label("por cada").wait_for()
    assert page.get_by_label("por cada").get_attribute("aria-invalid") == "true"
    looks_right(page, "loyalty-settings-wrong")
    page.get_by_label("por cada").fill("10")
    page.get_by_role("button", name="Empezar el programa").press("Enter")
    page.wait_for_url("**/loyalty/")
    page.get_by_text("1 punto por cada").first.wait_for()


def test_points_are_adjusted_and_undone(live_server: str, page: "Page", club: Club) -> None:
    club.meet(ANA)
    club.award(5, "gift", now=later(days=1))
    member = make_member(club.shop)
    sign_in(page, live_server, services.issue_sign_in_link(member=member, now=real.now()))
    page.goto(f"{live_server}/s/{club.shop.slug}/customers/{ANA}/points")
    page.get_by_label("Puntos", exact=True).fill("-9")
    page.get_by_label("Motivo").fill("Error de captura")
    page.get_by_role("button", name="Ajustar").click()
    page.get_by_text("menos puntos que eso").wait_for()
    page.get_by_label("Puntos", exact=True).fill("20")
    page.get_by_role("button", name="Ajustar").click()
    page.get_by_text("El saldo es de 25 puntos").wait_for()
    page.get_by_role("button", name="Deshacer").first.click()
    page.get_by_text("El saldo es de 5 puntos").wait_for()
    assert club.points() == 5
    club.check()
