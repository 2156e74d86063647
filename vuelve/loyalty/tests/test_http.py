"""Points over HTTP: the API of the shop's servers, and the pages of its team."""

import json
import re
from base64 import b64encode
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from vuelve.commerce.tests.support import ANA, BEA
from vuelve.loyalty.models import Programme
from vuelve.loyalty.tests.support import Club
from vuelve.loyalty.tests.test_races import at_once
from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.models import KeyKind, Role
from vuelve.shops.services import issue_key
from vuelve.shops.tests.people import browser_of, make_member
from vuelve.testing import make_shop


class Api:
    def __init__(self, club: Club, kind: KeyKind = KeyKind.SECRET) -> None:
        secret = issue_key(shop=club.shop, kind=kind).secret
        self.headers = {"authorization": "Basic " + b64encode(f"{secret}:".encode()).decode()}

    def post(self, path: str, body: Any) -> tuple[int, Any]:
        response = Client(HTTP_HOST="localhost").post(
            f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=self.headers
        )
        return response.status_code, response.json()

    def get(self, path: str) -> tuple[int, Any]:
        response = Client(HTTP_HOST="localhost").get(f"/api/v1{path}", headers=self.headers)
        return response.status_code, response.json()


@pytest.fixture
def api(club: Club) -> Api:
    club.meet(ANA, BEA)
    return Api(club)


def test_a_checkout_asks_spends_and_undoes(club: Club, api: Api) -> None:
    assert api.post(f"/customers/{ANA}/points/award", {"points": 60, "key": "visit"})[0] == 200
    status, found = api.get(f"/customers/{ANA}/points")
    assert (status, found["points"], found["pending"], found["expires_at"]) == (200, 60, 0, None)
    body = {"points": 50, "key": "order-9", "order_id": "9", "reference": "50 = $5"}
    status, spent = api.post(f"/customers/{ANA}/points/redeem", body)
    assert (status, spent["balance"], spent["is_new"]) == (200, 10, True)
    status, again = api.post(f"/customers/{ANA}/points/redeem", body)
    assert (status, again) == (200, spent | {"is_new": False})
    status, refused = api.post(f"/customers/{ANA}/points/redeem", body | {"key": "order-10"})
    assert (status, refused["error"]["code"]) == (409, "points_insufficient")
    assert refused["error"]["hint"]
    status, refused = api.post(f"/customers/{ANA}/points/redeem", body | {"points": 5})
    assert (status, refused["error"]["code"]) == (409, "points_key_reused")
    assert api.post("/points/reverse", {"of": "order-9", "key": "undo-9"})[1]["balance"] == 60
    club.check()


def test_of_two_checkouts_with_the_last_points_one_gets_409(club: Club, api: Api) -> None:
    club.award(50, "gift")
    path = f"/customers/{ANA}/points/redeem"
    found = at_once([lambda k=k: api.post(path, {"points": 50, "key": f"k{k}"}) for k in range(4)])  # type: ignore[misc]
    assert sorted(status for status, _body in found) == [200, 409, 409, 409]
    assert club.points() == 0
    club.check()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"points": 1}, 422),
        ({"points": 1.5, "key": "a"}, 422),
        ({"points": "5", "key": "a"}, 422),
        ({"points": True, "key": "a"}, 422),
        ({"points": -5, "key": "a"}, 400),
        ({"points": 0, "key": "a"}, 400),
        ({"points": 10**30, "key": "a"}, 400),
        ({"points": 5, "key": ""}, 400),
        ({"points": 5, "key": "x" * 201}, 400),
        ({"points": 5, "key": "a\x00"}, 400),
        ({"points": 5, "key": "a", "reference": "x" * 201}, 400),
        ({"points": 5, "key": "a", "order_id": ""}, 400),
        ([], 422),
    ],
)
def test_bad_requests_change_nothing(club: Club, api: Api, body: Any, status: int) -> None:
    club.award(50, "gift")
    found, answer = api.post(f"/customers/{ANA}/points/redeem", body)
    assert found == status, answer
    assert club.points() == 50
    club.check()


def test_whose_points_they_are(club: Club, api: Api) -> None:
    club.award(50, "gift")
    assert api.get("/customers/987654/points")[0] == 404
    assert api.post("/customers/987654/points/award", {"points": 5, "key": "a"})[0] == 404
    other = Club(make_shop())
    assert Api(other).get(f"/customers/{ANA}/points")[0] == 404
    assert Api(other).post("/points/reverse", {"of": "gift", "key": "x"})[0] == 404
    # A write key is in every browser.
    assert Client(HTTP_HOST="localhost").get(f"/api/v1/customers/{ANA}/points").status_code == 401
    assert Client(HTTP_HOST="localhost").get(
        f"/api/v1/customers/{ANA}/points", headers=Api(club, KeyKind.WRITE).headers
    ).status_code == 401  # fmt: skip
    assert club.points() == 50


# --- pages --------------------------------------------------------------------------------------------------------


def member(club: Club, role: Role = Role.OWNER, locale: str = "en") -> Client:
    return browser_of(make_member(club.shop, role=role, locale=locale))


def url(club: Club, name: str, **kwargs: int) -> str:
    return reverse(name, kwargs={"shop_slug": club.shop.slug, **kwargs})


FORM = {
    "name": "Club ☕", "is_live": "on", "rate_points": "2", "amount": "25.50", "approval_days": "14", "expiry": "age",
    "expiry_months": "6", "expiry_day": "31", "expiry_month": "12",
}  # fmt: skip


def test_a_programme_begins_and_changes_by_a_form(years: None) -> None:
    shop = make_shop()
    browser = browser_of(make_member(shop, locale="en"))
    home, settings = (
        reverse(name, kwargs={"shop_slug": shop.slug}) for name in ("loyalty", "loyalty_settings")
    )
    assert b"No programme yet" in browser.get(home).content
    assert browser.get(settings).status_code == 200
    for wrong in (
        {"amount": "0"}, {"amount": "0.001"}, {"amount": "-1"}, {"amount": "1e99"}, {"rate_points": "0"},
        {"rate_points": "1.5"}, {"name": ""}, {"name": "x" * 81}, {"expiry": "soon"}, {"expiry_month": "13"},
        {"approval_days": "400"},
    ):  # fmt: skip
        assert browser.post(settings, FORM | wrong).status_code == 422, wrong
    with for_shop(ShopId(shop.pk)):
        assert not Programme.objects.filter(shop=shop).exists()
    assert browser.post(settings, FORM).status_code == 302
    page = browser.get(home).content.decode()
    assert "Club ☕" in page
    assert "2 points for each full MX$25.50" in page
    assert "Nobody has points yet" in page
    assert browser.post(settings, FORM | {"is_live": "", "expiry": "fixed_day"}).status_code == 302
    page = browser.get(home).content.decode()
    assert "Paused" in page
    assert "at the end of December 31" in page


def test_the_programme_page_adds_up(club: Club) -> None:
    now = real.now()
    club.order("A", total=1050, at=now)
    club.order("B", total=100, currency="USD", at=now)
    club.consume(now=now)
    club.redeem(100, "all", now=now)
    club.refund("A", total=500, at=now)
    club.consume(now=now)
    page = member(club).get(url(club, "loyalty")).content.decode()
    assert "1 order in another currency earned nothing" in page
    assert "45 points should have been taken back" in page
    assert ">105<" in page


def test_a_statement_says_where_each_point_came_from(club: Club) -> None:
    club.meet(ANA)
    club.order("A", total=105)
    club.consume()
    club.redeem(3, "coffee", reference="<b>Café</b>")
    page = member(club).get(url(club, "points", customer_id=ANA)).content.decode()
    assert "Points of Ana Peña" in page
    assert "MX$105.00 at 1 per MX$10.00" in page
    assert "&lt;b&gt;Café&lt;/b&gt;" in page
    assert "−3" in page
    panel = member(club).get(url(club, "customer", customer_id=ANA)).content.decode()
    assert "Statement, and adjusting by hand" in panel


def test_a_long_statement_goes_on_over_pages(club: Club) -> None:
    club.meet(ANA)
    for number in range(60):
        club.award(1, f"a{number}", reference=f"visit {number}.")
    browser, seen, address = member(club), 0, url(club, "points", customer_id=ANA)
    for _page in range(5):
        response = browser.get(address)
        seen += response.content.decode().count("visit ")
        following = re.search(r'href="([^"]*\?after=[^"]*)"', response.content.decode())
        if following is None:
            break
        address = (
            url(club, "points", customer_id=ANA)
            + following[1].partition("?")[1]
            + following[1].partition("?")[2]
        )
    assert seen == 60
    assert browser.get(url(club, "points", customer_id=ANA) + "?after=bm9uc2Vuc2U").status_code == 200


def test_adjusting_and_undoing_in_the_back_office(club: Club) -> None:
    club.meet(ANA)
    browser, adjust = member(club), url(club, "points_adjust", customer_id=ANA)
    body = {"points": "20", "note": "Sorry for the delay", "key": "k1"}
    for _time in range(2):
        assert browser.post(adjust, body).status_code == 302
    assert club.points() == 20
    for wrong in ({"points": "0"}, {"points": "1.5"}, {"points": "x"}, {"note": ""}, {"points": "-21"}):
        assert browser.post(adjust, body | {"key": "k2"} | wrong).status_code == 422, wrong
    assert browser.post(url(club, "points_reverse", customer_id=ANA), {"of": "by-hand:k1"}).status_code == 302
    assert club.points() == 0
    assert browser.post(url(club, "points_reverse", customer_id=ANA), {"of": "nothing"}).status_code == 404
    assert browser.get(url(club, "points", customer_id=987654)).status_code == 404
    assert (
        browser.post(url(club, "points_adjust", customer_id=987654), body | {"key": "z"}).status_code == 404
    )
    club.check()


@pytest.mark.parametrize("role", list(Role))
def test_who_may_do_what(club: Club, role: Role) -> None:
    club.meet(ANA)
    club.award(9, "gift")
    browser = member(club, role)
    for name, kwargs in (
        ("loyalty", {}),
        ("points", {"customer_id": ANA}),
        ("customer", {"customer_id": ANA}),
    ):
        assert browser.get(url(club, name, **kwargs)).status_code == 200
    may_set = role in {Role.OWNER, Role.ADMIN, Role.MARKETER}
    may_adjust = may_set or role == Role.SUPPORT
    assert browser.get(url(club, "loyalty_settings")).status_code == (200 if may_set else 403)
    assert browser.post(url(club, "loyalty_settings"), FORM).status_code == (302 if may_set else 403)
    adjusted = browser.post(
        url(club, "points_adjust", customer_id=ANA), {"points": "1", "note": "n", "key": role.value}
    )
    assert adjusted.status_code == (302 if may_adjust else 403)
    undone = browser.post(url(club, "points_reverse", customer_id=ANA), {"of": "gift"})
    assert undone.status_code == (302 if may_adjust else 403)
    assert (b"Adjust by hand" in browser.get(url(club, "points", customer_id=ANA)).content) == may_adjust
    stranger = browser_of(make_member(make_shop(), role=Role.OWNER))
    assert stranger.get(url(club, "loyalty")).status_code == 404


@pytest.mark.parametrize("locale", ["es", "pt-BR"])
def test_no_english_is_left(club: Club, locale: str) -> None:
    club.meet(ANA)
    club.change(expiry="inactivity", approval_days=3, includes_tax=True)
    club.order(total=105)
    club.consume()
    browser = member(club, locale=locale)
    for name, kwargs in (("loyalty", {}), ("loyalty_settings", {}), ("points", {"customer_id": ANA})):
        page = browser.get(url(club, name, **kwargs)).content.decode()
        for word in ("Points", "Earned", "Balance", "expire", "Statement", "Save"):
            assert f">{word}" not in page, (name, word)
