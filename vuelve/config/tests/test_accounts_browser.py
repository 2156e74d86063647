"""The ways in, in a real browser: a code app, a passkey of a virtual device, sessions; in Spanish."""

import re
import time
from typing import TYPE_CHECKING

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from vuelve.platform.tests.browser import looks_right
from vuelve.shops.models import Member, Shop
from vuelve.shops.tests.people import PASSWORD, browser_of, make_member
from vuelve.testing import make_shop

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture
def at(live_server: str) -> str:
    """By name: passkeys belong to a name, not to an address of numbers."""
    return live_server.replace("127.0.0.1", "localhost")


@pytest.fixture
def shop(log: None) -> Shop:
    return make_shop()


@pytest.fixture
def member(shop: Shop) -> Member:
    return make_member(shop, name="María de los Ángeles Fernández-Villaseñor")


def code_of(secret: str, steps: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def enter(page: "Page", at: str, member: Member) -> None:
    page.goto(f"{at}/sign-in")
    page.get_by_label("Correo").fill(member.email)
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.get_by_role("button", name="Iniciar sesión", exact=True).press("Enter")


def confirm(page: "Page") -> None:
    page.get_by_label("Contraseña").fill(PASSWORD)
    looks_right(page, "account-confirm")
    page.get_by_role("button", name="Confirmar").press("Enter")


def test_sign_in_with_a_code_app(at: str, page: "Page", shop: Shop, member: Member) -> None:
    page.goto(f"{at}/sign-in")
    looks_right(page, "sign-in")
    enter(page, at, member)
    page.wait_for_url(f"**/s/{shop.slug}/")
    page.get_by_label("Tu cuenta").click()
    page.get_by_role("link", name="Tu cuenta").click()
    page.get_by_text("Solo tu contraseña protege esta cuenta").wait_for()
    looks_right(page, "account")
    page.get_by_role("link", name="Configurar").click()
    confirm(page)
    looks_right(page, "account-code-app")
    secret = page.get_by_text(re.compile("^[A-Z2-7]{32}$")).text_content()
    assert secret is not None
    page.get_by_label("Código").fill("000000")
    page.get_by_role("button", name="Activar").click()
    page.locator(".field__error").wait_for()
    page.get_by_label("Código").fill(code_of(secret))
    page.get_by_role("button", name="Activar").click()
    page.get_by_role("heading", name="Códigos de recuperación").wait_for()
    looks_right(page, "account-recovery-codes")
    codes = page.locator(".codes code").all_text_contents()
    page.get_by_role("link", name="Ya los guardé").click()
    page.get_by_text("Quedan 10 códigos").wait_for()
    browser_of().post("/sign-in", {"email": member.email, "password": PASSWORD})
    page.reload()
    looks_right(page, "account-guarded")
    page.get_by_role("button", name="Cerrar sesión").click()
    enter(page, at, member)
    page.get_by_role("heading", name="Segundo factor").wait_for()
    looks_right(page, "second-factor")
    page.get_by_label("Código").fill(codes[0])
    page.get_by_role("button", name="Continuar", exact=True).press("Enter")
    page.wait_for_url(f"**/s/{shop.slug}/")


def test_sign_in_with_a_passkey(at: str, page: "Page", shop: Shop, member: Member) -> None:
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
            }
        },
    )
    enter(page, at, member)
    page.wait_for_url(f"**/s/{shop.slug}/")
    page.goto(f"{at}/account/passkeys/add")
    confirm(page)
    page.get_by_label("Cómo la llamas").fill("Mi portátil")
    looks_right(page, "account-passkey")
    page.get_by_role("button", name="Agregar la llave de acceso").press("Enter")
    page.get_by_role("link", name="Ya los guardé").click()
    page.get_by_text("Mi portátil").wait_for()
    page.get_by_role("link", name="Cambiar nombre").click()
    page.get_by_label("Cómo la llamas").fill("Portátil del trabajo")
    page.get_by_role("button", name="Guardar").click()
    page.get_by_text("Portátil del trabajo").wait_for()
    page.get_by_role("button", name="Cerrar sesión").click()
    page.get_by_role("button", name="Entrar con una llave de acceso").press("Enter")
    page.wait_for_url(f"**/s/{shop.slug}/")
    page.goto(f"{at}/account/")
    page.get_by_role("button", name="Cerrar sesión").click()
    enter(page, at, member)  # by password it is the second factor
    page.get_by_role("button", name="Usar una llave de acceso").press("Enter")
    page.wait_for_url(f"**/s/{shop.slug}/")
    page.goto(f"{at}/account/")
    page.get_by_role("link", name="Quitar").click()
    page.get_by_label("Contraseña").or_(page.get_by_role("button", name="Quitar")).wait_for()
    if page.get_by_label("Contraseña").is_visible():
        confirm(page)
    page.get_by_role("button", name="Quitar").click()
    page.get_by_text("Solo tu contraseña protege esta cuenta").wait_for()


def test_at_an_address_of_numbers_there_are_no_passkeys(live_server: str, page: "Page") -> None:
    page.goto(f"{live_server}/sign-in")
    page.wait_for_function("document.querySelector('form[data-passkey]').hidden")
    assert not page.get_by_role("button", name="Entrar con una llave de acceso").is_visible()


def test_the_language_is_switched(at: str, page: "Page", shop: Shop, member: Member) -> None:
    enter(page, at, member)
    page.wait_for_url(f"**/s/{shop.slug}/")
    for language, local, heading in (
        ("pt-br", "Português", "Início"),
        ("en", "English", "Overview"),
        ("es", "Español", "Inicio"),
    ):
        page.locator("details:has(button[name=language]) > summary").first.click()
        page.get_by_role("button", name=local).press("Enter")
        page.locator(f"html[lang={language}]").wait_for(state="attached")
        page.get_by_role("link", name=heading, exact=True).first.wait_for()
        member.refresh_from_db()
        assert member.locale == language
