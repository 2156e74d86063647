"""Keys, scopes and look-ups of the public API; and its page for people."""

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from vuelve.config.api import api
from vuelve.events.services import prepare_log
from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.platform.tests.browser import looks_right
from vuelve.shops import services_keys
from vuelve.shops.models import KeyKind, Membership, Shop
from vuelve.shops.scopes import Scope
from vuelve.shops.services import issue_key
from vuelve.shops.tests.people import browser_of, make_member
from vuelve.testing import drain, identify, make_shop

if TYPE_CHECKING:
    from playwright.sync_api import Page


def basic(secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{secret}:".encode()).decode()}


def operations() -> list[tuple[str, str, str]]:
    """(method, address, scope) of all."""
    return [
        (method, path.replace("{customer_id}", "1").replace("{erasure_id}", "1"), each["x-scope"])
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method, each in methods.items()
    ]


def call(method: str, path: str, secret: str) -> Any:
    body = {"data": "{}", "content_type": "application/json"} if method == "post" else {}
    return getattr(Client(HTTP_HOST="localhost"), method)(path, headers=basic(secret), **body)


@pytest.fixture
def shop(log: None) -> Shop:
    prepare_log(now=real.now())
    return make_shop()


def test_each_operation_names_its_scope() -> None:
    assert len(operations()) >= 9
    assert {scope for _method, _path, scope in operations()} | {"events:write"} == set(Scope.values)


@pytest.mark.parametrize(("method", "path", "scope"), operations())
def test_who_may_not(shop: Shop, method: str, path: str, scope: str) -> None:
    def answer(secret: str) -> tuple[int, str]:
        response = call(method, path, secret)
        return response.status_code, response.json()["error"]["code"]

    others = [other for other in Scope.values if other != scope]
    assert answer("") == (401, "wrong_key")
    assert answer("vs_unknown") == (401, "wrong_key")
    assert answer(issue_key(shop=shop, kind=KeyKind.WRITE).secret) == (401, "wrong_key")
    assert answer(issue_key(shop=shop, kind=KeyKind.SECRET, scopes=others).secret) == (403, "scope")
    revoked = issue_key(shop=shop, kind=KeyKind.SECRET)
    shop.apikey_set.filter(hint=revoked.hint).update(revoked_at=real.now())
    assert answer(revoked.secret) == (401, "wrong_key")
    allowed = call(method, path, issue_key(shop=shop, kind=KeyKind.SECRET, scopes=[scope]).secret)
    assert allowed.status_code not in (401, 403)


def test_events_need_theirs(shop: Shop) -> None:
    body = {"data": '{"userId": "u", "event": "x"}', "content_type": "application/json"}
    for scopes, status in (([Scope.POINTS_READ], 403), ([Scope.EVENTS_WRITE], 200), (None, 200)):
        key = issue_key(shop=shop, kind=KeyKind.SECRET, scopes=scopes).secret
        response = Client(HTTP_HOST="localhost").post("/v1/track", headers=basic(key), **body)  # type: ignore[arg-type]
        assert response.status_code == status
        if status == 403:
            assert response.json()["code"] == "scope"


def test_a_key_is_replaced_with_its_scopes_and_made_only_with_known_ones(shop: Shop) -> None:
    member = make_member(shop, locale="en")
    by = Membership.objects.select_related("member").get(member=member, shop=shop)
    browser = browser_of(member)
    page = f"/s/{shop.slug}/settings/keys"
    made = browser.post(f"{page}/create", {"kind": "secret", "scopes": ["points:read", "points:write"]})
    assert made.status_code == 200
    key = shop.apikey_set.get()
    assert key.scopes == ["points:read", "points:write"]
    services_keys.rotate_key(by=by, key=key.pk, now=real.now())
    assert shop.apikey_set.exclude(pk=key.pk).get().scopes == key.scopes
    for wrong in ({"kind": "write", "scopes": ["points:read"]}, {"kind": "secret", "scopes": ["everything"]}):
        assert browser.post(f"{page}/create", wrong).status_code == 422
    assert shop.apikey_set.count() == 2
    assert "Read points" in browser.get(page).content.decode()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("user_id=U-1", 200), ("email=ANA@example.com", 200), ("phone=%2B525512345678", 200),
        ("user_id=u-1", 404), ("email=x@example.com", 404), ("email=x", 422), ("phone=5512345678", 422),
        ("", 422), ("user_id=U-1&email=ana@example.com", 422), ("user_id=%00", 422),
    ],
)  # fmt: skip
def test_a_customer_is_looked_up(shop: Shop, query: str, status: int) -> None:
    traits = {"email": "ana@example.com", "name": "Ana", "phone": "+525512345678"}
    identify(shop, "U-1", at=real.now(), traits=traits)
    drain(real.now())
    key = issue_key(shop=shop, kind=KeyKind.SECRET, scopes=[Scope.CUSTOMERS_READ]).secret
    response = call("get", f"/api/v1/customers?{query}", key)
    assert response.status_code == status
    if status == 200:
        assert (response.json()["user_id"], response.json()["name"]) == ("U-1", "Ana")
    stranger = issue_key(shop=make_shop(), kind=KeyKind.SECRET).secret
    assert call("get", f"/api/v1/customers?{query}", stranger).status_code in (404, 422)


def test_bad_bodies_have_the_shape_of_all_errors(shop: Shop) -> None:
    with for_shop(ShopId(shop.pk)):
        pass
    key = issue_key(shop=shop, kind=KeyKind.SECRET).secret
    client = Client(HTTP_HOST="localhost")
    for body, field in (
        ("{}", "points"),
        ("[", None),
        ('{"points": 1.5, "key": "a"}', "points"),
        ('{"points": -1, "key": "a"}', None),
    ):
        response = client.post(
            "/api/v1/customers/1/points/redeem", body, "application/json", headers=basic(key)
        )
        assert response.status_code in (400, 404, 422), body
        error = response.json()["error"]
        assert {"code", "message"} <= set(error)
        assert field is None or error["field"] == field


def test_the_page_for_people() -> None:
    page = browser_of(language="es").get("/api/v1/docs").content.decode()
    for method, path, scope in operations():
        assert scope in page
        assert path.split("/1")[0] in page, (method, path)
    assert "<script>" not in page


@pytest.mark.browser
def test_it_looks_right(live_server: str, page: "Page") -> None:
    page.goto(f"{live_server}/api/v1/docs")
    looks_right(page, "api-docs")
