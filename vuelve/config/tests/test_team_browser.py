"""The settings in a real browser: somebody is invited, joins, and is seen in the audit log."""

from typing import TYPE_CHECKING

import pytest

from vuelve.platform.clock import real
from vuelve.platform.ids import ShopId
from vuelve.platform.tests.browser import looks_right, sign_in
from vuelve.shops import services
from vuelve.shops.models import Membership, Role
from vuelve.shops.tests.people import make_member
from vuelve.testing import make_shop

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_invite_and_accept(live_server: str, page: "Page", log: None) -> None:
    shop = make_shop()
    owner = make_member(shop)
    for role in Role:
        make_member(shop, role=role, name=f"María de los Ángeles Fernández-Villaseñor {role.label}")
    services.audit(
        shop=ShopId(shop.pk), actor=owner.email, action="Programme Changed", target="Club",
        detail={"rate_points": [1, 2], "expiry": ["never", "age"]},
    )  # fmt: skip
    sign_in(page, live_server, services.issue_sign_in_link(member=owner, now=real.now()))
    page.goto(f"{live_server}/s/{shop.slug}/settings/")
    looks_right(page, "team")
    email = f"bea-{shop.slug}@example.com"
    page.locator("#id_email").fill(email)
    page.locator("#id_role").select_option("support")
    page.get_by_role("button", name="Crear la invitación").press("Enter")
    link = page.get_by_text("/join/").first.text_content()
    assert link is not None
    looks_right(page, "team-invited")
    page.goto(f"{live_server}/s/{shop.slug}/settings/audit")
    page.get_by_text(email).first.wait_for()
    looks_right(page, "audit")
    page.goto(f"{live_server}/s/{shop.slug}/settings/keys")
    page.locator("#id_label").fill("Tienda en línea con un nombre bastante largo")
    assert not page.get_by_label("Leer puntos").is_visible()
    page.get_by_label("Solo lo que yo elija").check()
    for one in ("Enviar eventos", "Consultar clientes", "Leer puntos", "Gastar, dar y revertir puntos"):
        page.get_by_label(one).check()
    looks_right(page, "keys-choosing")
    page.get_by_role("button", name="Crear una clave").press("Enter")
    page.get_by_text("Copia la clave ahora").wait_for()
    looks_right(page, "keys")
    page.context.clear_cookies()
    page.goto(link.strip())
    looks_right(page, "join")
    page.get_by_label("Tu nombre").fill("Bea Núñez")
    page.get_by_label("Contraseña").fill("corta")
    page.get_by_role("button", name="Aceptar la invitación").press("Enter")
    page.locator(".field__error").wait_for()
    page.get_by_label("Contraseña").fill("paraguas-azul-lento")
    page.get_by_role("button", name="Aceptar la invitación").press("Enter")
    page.wait_for_url(f"**/s/{shop.slug}/")
    assert Membership.objects.get(shop=shop, member__email=email).role == Role.SUPPORT
    page.context.clear_cookies()
    page.goto(link.strip())
    page.get_by_text("ya no sirve").first.wait_for()
