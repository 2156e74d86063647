"""The pages of this package: status by role, and what a page of another shop says."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from vuelve.platform.errors import VuelveError, not_found
from vuelve.platform.extension import NavItem, Registry
from vuelve.platform.ui import formats
from vuelve.shops import http, services
from vuelve.shops.models import Membership, Role, Shop
from vuelve.shops.tests.people import another_shop, browser_of, make_member

PAGES = ("", "?days=7", "?days=365", "search", "search?q=ana", "ui")


@pytest.mark.parametrize("role", Role.values)
def test_every_role_sees_these_pages(shop: Shop, role: str) -> None:
    client = browser_of(make_member(shop, role=Role(role)))
    for page in PAGES:
        response = client.get(f"/s/{shop.slug}/{page}")
        assert response.status_code == 200, page
        assert response["Cache-Control"] == "private, no-cache"
        assert "unsafe-eval" not in response["Content-Security-Policy"].replace("'wasm-unsafe-eval'", "")


def test_pages_answer_head_and_refuse_post(shop: Shop) -> None:
    client = browser_of(make_member(shop))
    for page in PAGES:
        assert client.head(f"/s/{shop.slug}/{page}").status_code == 200
        assert client.post(f"/s/{shop.slug}/{page}").status_code == 405


def test_a_shop_of_others_is_not_found(shop: Shop) -> None:
    mine = another_shop()
    client = browser_of(make_member(mine))
    for page in PAGES:
        theirs = client.get(f"/s/{shop.slug}/{page}")
        nobodys = client.get(f"/s/no-such-shop/{page}")
        assert (theirs.status_code, nobodys.status_code) == (404, 404)
        assert shop.name not in theirs.content.decode()
        # The same answer for both: it does not tell which shops exist.
        assert theirs.content == nobodys.content


def test_without_sign_in_every_page_leads_to_it(shop: Shop) -> None:
    for page in PAGES:
        response = browser_of().get(f"/s/{shop.slug}/{page}")
        assert (response.status_code, response["Location"].split("?")[0]) == (302, "/sign-in")


def test_a_membership_that_ended_is_an_end(shop: Shop) -> None:
    member = make_member(shop)
    client = browser_of(member)
    assert client.get(f"/s/{shop.slug}/").status_code == 200
    Membership.objects.filter(member=member).delete()
    assert client.get(f"/s/{shop.slug}/").status_code == 404
    assert client.get("/").status_code == 403


def test_who_belongs_to_several_shops_can_change(shop: Shop) -> None:
    member = make_member(shop)
    other = another_shop()
    stranger = another_shop()
    Membership.objects.create(shop=other, member=member, role=Role.VIEWER)
    page = browser_of(member).get(f"/s/{shop.slug}/").content.decode()
    assert f'href="/s/{other.slug}/"' in page
    assert stranger.slug not in page


def test_a_demo_shop_says_that_it_is_one() -> None:
    real_shop = another_shop()
    demo = services.create_shop(slug=f"{real_shop.slug}-demo", name="Demo", is_demo=True)
    marker = "Tienda de demostración"
    assert marker in browser_of(make_member(demo)).get(f"/s/{demo.slug}/").content.decode()
    assert marker not in browser_of(make_member(real_shop)).get(f"/s/{real_shop.slug}/").content.decode()


def test_a_name_is_not_markup() -> None:
    first = another_shop()
    shop = services.create_shop(slug=f"{first.slug}-x", name="<script>alert(1)</script>")
    page = browser_of(make_member(shop, name="<img src=x>")).get(f"/s/{shop.slug}/").content.decode()
    assert "<script>alert" not in page
    assert "<img" not in page


def test_an_unknown_address_is_answered_in_the_readers_language(shop: Shop) -> None:
    response = browser_of(make_member(shop, locale="pt-br")).get("/nothing-here")
    assert response.status_code == 404
    assert "Página não encontrada" in response.content.decode()


def test_what_a_request_activated_does_not_reach_the_next(shop: Shop) -> None:
    chile = services.create_shop(
        slug=f"{shop.slug}-cl", name="Chile", country="CL", time_zone="America/Santiago"
    )
    browser_of(make_member(chile)).get(f"/s/{chile.slug}/")
    browser_of().get("/sign-in")
    assert formats.locale().endswith("_419")


# --- errors of views ---------------------------------------------------------------------------------------------


def through_the_scope(shop: Shop, error: Exception):  # type: ignore[no-untyped-def]
    request = RequestFactory().get(f"/s/{shop.slug}/x")
    request.user = make_member(shop, locale="en")

    def view(request):  # type: ignore[no-untyped-def]
        shop.name = "Changed before it failed"
        shop.save()
        raise error

    scope = http.shop_scope(lambda _request: HttpResponse())
    return scope.process_view(request, view, [], {"shop_slug": shop.slug})  # type: ignore[attr-defined]


def test_an_error_that_can_be_mended_is_a_page_and_changes_nothing(shop: Shop) -> None:
    error = VuelveError("too_late", "The coupon has expired.", hint="Issue another.", status=409)
    response = through_the_scope(shop, error)
    assert response.status_code == 409
    for text in ("The coupon has expired.", "Issue another.", "too_late"):
        assert text in response.content.decode()
    assert Shop.objects.get(pk=shop.pk).name == "Tienda de Prueba"


def test_what_does_not_exist_is_a_404(shop: Shop) -> None:
    from django.http import Http404

    with pytest.raises(Http404):
        through_the_scope(shop, not_found("customer"))


# --- navigation -------------------------------------------------------------------------------------------------


def items(*names: str) -> Registry:
    return Registry(nav=[NavItem(name, name, "home", order) for order, name in enumerate(names)])


def test_only_pages_that_exist_are_in_the_navigation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "registry", items("overview", "no_such_page", "search"))
    assert [link.href for link in http.navigation("/s/a/", "a")] == ["/s/a/", "/s/a/search"]


def test_the_current_page_is_the_nearest_one_above(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "registry", items("overview", "search", "ui"))
    current = [link.label for link in http.navigation("/s/a/search/more", "a") if link.is_current]
    assert current == ["search"]
    assert not any(link.is_current for link in http.navigation("/s/a/elsewhere", "a"))
    assert [link.label for link in http.navigation("/s/a/", "a") if link.is_current] == ["overview"]


def test_a_phone_has_room_for_five(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "registry", items(*["overview"] * 5))
    assert not any(link.is_late for link in http.navigation("/", "a"))
    monkeypatch.setattr(http, "registry", items(*["overview"] * 6))
    assert [link.is_late for link in http.navigation("/", "a")] == [False] * 4 + [True] * 2
