"""Language and theme: kept, and nobody's way out of the site."""

import pytest

from vuelve.shops.http import language_of
from vuelve.shops.models import Member, Shop
from vuelve.shops.tests.people import browser_of, make_member


@pytest.mark.parametrize(("language", "title"), [("es", "Inicio"), ("pt-br", "Início"), ("en", "Overview")])
def test_the_language_is_kept_for_the_member(shop: Shop, language: str, title: str) -> None:
    member = make_member(shop, locale="es")
    client = browser_of(member)
    response = client.post("/language", {"language": language, "next": f"/s/{shop.slug}/"})
    assert response["Location"] == f"/s/{shop.slug}/"
    assert Member.objects.get(pk=member.pk).locale == language
    page = browser_of(member).get(f"/s/{shop.slug}/").content.decode()  # another browser, without the cookie
    assert f"<h1>{title}</h1>" in page
    assert f'<html lang="{language}"' in page


def test_before_sign_in_a_cookie_keeps_it(shop: Shop) -> None:
    client = browser_of()
    client.post("/language", {"language": "pt-br", "next": "/sign-in"})
    assert "<h1>Entrar</h1>" in client.get("/sign-in").content.decode()


@pytest.mark.parametrize(
    ("accepted", "title"),
    [("pt", "Entrar"), ("es-AR", "Iniciar sesión"), ("en-GB", "Sign in"), ("ja", "Iniciar sesión")],
)
def test_a_newcomer_is_met_in_their_language(shop: Shop, accepted: str, title: str) -> None:
    page = browser_of(language=accepted).get("/sign-in").content.decode()
    assert f"<h1>{title}</h1>" in page


@pytest.mark.parametrize("language", ["fr", "", "es\x00", "../es"])
def test_no_other_language_is_kept(shop: Shop, language: str) -> None:
    member = make_member(shop, locale="es")
    assert browser_of(member).post("/language", {"language": language}).status_code == 302
    assert Member.objects.get(pk=member.pk).locale == "es"


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("es", "es"),
        ("es-MX", "es"),
        ("es_419", "es"),
        ("pt_BR", "pt-br"),
        ("pt", "pt-br"),
        ("en", "en"),
        ("fr", ""),
        ("", ""),
    ],
)
def test_a_members_locale_is_met_by_the_nearest_language(locale: str, language: str) -> None:
    assert language_of(locale) == language


def test_the_theme_is_in_a_cookie(shop: Shop) -> None:
    client = browser_of(make_member(shop))
    assert "data-theme" not in client.get(f"/s/{shop.slug}/").content.decode()
    client.post("/theme", {"theme": "dark"})
    assert 'data-theme="dark"' in client.get(f"/s/{shop.slug}/").content.decode()
    client.post("/theme", {"theme": ""})
    assert "data-theme" not in client.get(f"/s/{shop.slug}/").content.decode()


def test_a_cookie_is_not_markup(shop: Shop) -> None:
    client = browser_of()
    client.cookies["theme"] = '"><script>'
    assert '"><script>' not in client.get("/sign-in").content.decode()


@pytest.mark.parametrize("path", ["/language", "/theme"])
def test_choices_are_made_by_post_and_lead_back_to_us(shop: Shop, path: str) -> None:
    client = browser_of(make_member(shop))
    assert client.get(path).status_code == 405
    assert client.post(path, {"next": "https://evil.example/"})["Location"] == "/"
