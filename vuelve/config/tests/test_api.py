"""Keys, scopes and look-ups of the public API; and its page for people."""

import json
import re
from base64 import b64encode
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from vuelve.config.api import api
from vuelve.customers.services import erasing
from vuelve.events import openapi
from vuelve.events.services import prepare_log
from vuelve.loyalty import services
from vuelve.loyalty.contracts import Award
from vuelve.loyalty.services import open_programme
from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.platform.tests.browser import looks_right
from vuelve.segments import services as segments
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
        (method, re.sub(r"\{\w+_id\}", "1", path), each["x-scope"])
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method, each in methods.items()
    ]


def call(method: str, path: str, secret: str, body: Any = None) -> Any:
    has_body = method in ("post", "patch")
    sent = {"data": json.dumps(body or {}), "content_type": "application/json"} if has_body else {}
    return getattr(Client(HTTP_HOST="localhost"), method)(path, headers=basic(secret), **sent)


def counts(shop: Shop) -> Any:
    """Rows of the shop that a call may have made."""
    tables = (
        "events_event", "customers_erasure", "loyalty_transfer", "segments_segment", "segments_segmentversion", "shops_auditentry",
    )  # fmt: skip
    with for_shop(ShopId(shop.pk)) as cursor:
        return [
            cursor.execute(f"SELECT count(*) FROM {table} WHERE shop_id = %s", [shop.pk]).fetchone()
            for table in tables
        ]


def customer_with_points(shop: Shop) -> tuple[int, int]:
    """The ids of a customer of the shop, and of a request to erase another one."""
    id = ShopId(shop.pk)
    open_programme(shop=id, now=real.now(), actor="test")
    for user in ("u-1", "u-2"):
        identify(shop, user, at=real.now(), traits={})
    drain(real.now())
    with for_shop(id) as cursor:
        rows = cursor.execute(
            "SELECT id FROM customers_customer WHERE shop_id = %s ORDER BY id", [id]
        ).fetchall()
    [kept, erased] = [CustomerId(row[0]) for row in rows]
    award = Award(customer=kept, points=50, key="first", reference="", actor="test")
    services.award(shop=id, award=award, now=real.now())
    with for_shop(id):
        erasure = erasing.request_erasure(shop=id, customer=erased, requested_by="test", now=real.now())
    return kept, erasure


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

    before = counts(shop)
    others = [other for other in Scope.values if other != scope]
    assert answer("") == (401, "wrong_key")
    assert answer("vs_unknown") == (401, "wrong_key")
    assert answer(issue_key(shop=shop, kind=KeyKind.WRITE).secret) == (401, "wrong_key")
    assert answer(issue_key(shop=shop, kind=KeyKind.SECRET, scopes=others).secret) == (403, "scope")
    revoked = issue_key(shop=shop, kind=KeyKind.SECRET)
    shop.apikey_set.filter(hint=revoked.hint).update(revoked_at=real.now())
    assert answer(revoked.secret) == (401, "wrong_key")
    assert counts(shop) == before
    allowed = call(method, path, issue_key(shop=shop, kind=KeyKind.SECRET, scopes=[scope]).secret)
    assert allowed.status_code not in (401, 403)


@pytest.mark.parametrize(("method", "path"), [each[:2] for each in operations() if "/1" in each[1]])
def test_another_shop_s_key_finds_nothing(shop: Shop, method: str, path: str) -> None:
    customer, erasure = customer_with_points(shop)
    tree = {"type": "trait", "name": "country", "op": "is", "value": "MX"}
    segment = segments.create(shop=ShopId(shop.pk), name="México", tree=tree, by="test", now=real.now())
    for kind, id in (("customers", customer), ("erasures", erasure), ("segments", segment.pk)):
        path = path.replace(f"/{kind}/1", f"/{kind}/{id}")
    before = counts(shop)
    stranger = issue_key(shop=make_shop(), kind=KeyKind.SECRET).secret
    body = {"points": 1, "key": "theirs"} if path.endswith(("/award", "/redeem")) else {}
    response = call(method, path, stranger, body)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")
    assert counts(shop) == before


def test_a_transfer_of_another_shop_is_not_reversed(shop: Shop) -> None:
    customer_with_points(shop)
    before = counts(shop)
    stranger = issue_key(shop=make_shop(), kind=KeyKind.SECRET).secret
    response = call("post", "/api/v1/points/reverse", stranger, {"of": "first", "key": "theirs"})
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")
    assert counts(shop) == before


@pytest.mark.parametrize("path", sorted(openapi.document()["paths"]))
def test_who_may_send_no_events(shop: Shop, path: str) -> None:
    event = {"type": "track", "userId": "u", "previousId": "v", "event": "x"}
    body = {"batch": [event]} if path in ("/v1/batch", "/v1/import") else event

    def answer(secret: str) -> tuple[int, str]:
        response = call("post", path, secret, body)
        return response.status_code, response.json()["code"]

    before = counts(shop)
    assert answer("") == (401, "wrong_key")
    assert answer("vs_unknown") == (401, "wrong_key")
    others = [other for other in Scope.values if other != Scope.EVENTS_WRITE]
    assert answer(issue_key(shop=shop, kind=KeyKind.SECRET, scopes=others).secret) == (403, "scope")
    for kind in KeyKind:
        revoked = issue_key(shop=shop, kind=kind)
        shop.apikey_set.filter(hint=revoked.hint).update(revoked_at=real.now())
        assert answer(revoked.secret) == (401, "wrong_key")
    assert counts(shop) == before
    for kind in KeyKind:
        assert call("post", path, issue_key(shop=shop, kind=kind).secret, body).status_code == 200
    assert counts(shop) != before


def test_a_key_that_may_not_send_events_is_told_so_where_it_is_tried_out(shop: Shop) -> None:
    browser = browser_of(make_member(shop, locale="en"))
    secret = issue_key(shop=shop, kind=KeyKind.SECRET, scopes=[Scope.POINTS_READ]).secret
    before = counts(shop)
    for body in ({"key": secret}, {"known": str(shop.apikey_set.get().pk)}):
        page = browser.post(f"/s/{shop.slug}/data/connect/", body).content.decode()
        assert "This key may not send events" in page
    assert counts(shop) == before


def test_the_document_says_what_each_answer_means() -> None:
    described = api.get_openapi_schema()
    for methods in described["paths"].values():
        for operation in methods.values():
            assert f"`{operation['x-scope']}`" in operation["description"]
            assert {401, 403, 422} <= set(operation["responses"])
            for status, response in operation["responses"].items():
                assert response["description"] != HTTPStatus(status).phrase
                assert status < 400 or response["content"]["application/json"]["schema"]["$ref"].endswith(
                    "/Refused"
                )
    for name in ("Redemption", "GivenPoints", "Reversal", "Transfer", "Points", "Customer", "Stats"):
        fields = described["components"]["schemas"][name]
        assert all("examples" in fields["properties"][field] for field in fields["required"]), name


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
    limited = {"kind": "secret", "access": "limited"}
    made = browser.post(f"{page}/create", limited | {"scopes": ["points:read", "points:write"]})
    assert made.status_code == 200
    key = shop.apikey_set.get()
    assert key.scopes == ["points:read", "points:write"]
    services_keys.rotate_key(by=by, key=key.pk, now=real.now())
    assert shop.apikey_set.exclude(pk=key.pk).get().scopes == key.scopes
    with for_shop(ShopId(shop.pk)):
        details = shop.auditentry_set.filter(action__startswith="Key ").values_list("detail", flat=True)
        assert [detail["scopes"] for detail in details] == [key.scopes, key.scopes]
    wrong: dict[str, Any]
    # A choice that was forgotten makes no key that may do everything.
    for wrong in (
        limited | {"kind": "write", "scopes": ["points:read"]}, limited | {"scopes": ["everything"]},
        limited, {"kind": "secret"}, {"kind": "secret", "scopes": ["points:read"]}, limited | {"access": "all"},
    ):  # fmt: skip
        assert browser.post(f"{page}/create", wrong).status_code == 422, wrong
    assert shop.apikey_set.count() == 2
    full = browser.post(f"{page}/create", {"kind": "secret", "access": "full"})
    assert full.status_code == 200
    assert shop.apikey_set.get(scopes=None).kind == "secret"
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


HALF = "\\ud800"  # half a surrogate pair: JSON has it, UTF-8 does not


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/redeem", '{"points": 1, "key": "%s"}'), ("/redeem", '{"points": 1, "key": "a", "order_id": "%s"}'),
        ("/redeem", '{"points": 1, "key": "a", "reference": "x%s"}'), ("/award", '{"points": 1, "key": "%s"}'),
        ("/award", '{"points": 1, "key": "a", "reference": "%s"}'), ("", '{"of": "%s", "key": "a"}'),
        ("", '{"of": "first", "key": "%s"}'), ("", '{"of": "first", "key": "a", "note": "%s"}'),
        ("/award", '{"points": 1, "key": "a", "%s": 1}'), ("/award", '{"points": NaN, "key": "a"}'),
        ("/award", "[" * 100_000), ("/award", '{"points": ' + "9" * 5_000 + ', "key": "a"}'),
    ],
)  # fmt: skip
def test_a_body_that_no_database_takes_is_refused(shop: Shop, path: str, body: str) -> None:
    customer, _erasure = customer_with_points(shop)
    address = f"/api/v1/customers/{customer}/points{path}" if path else "/api/v1/points/reverse"
    key = issue_key(shop=shop, kind=KeyKind.SECRET).secret
    before = counts(shop)
    response = Client(HTTP_HOST="localhost").post(
        address, body.replace("%s", HALF), "application/json", headers=basic(key)
    )
    assert (response.status_code, response.json()["error"]["code"]) == (400, "unreadable")
    assert counts(shop) == before


def test_too_much_and_nowhere_have_the_shape_of_all_errors(shop: Shop) -> None:
    client = Client(HTTP_HOST="localhost", enforce_csrf_checks=True)
    key = basic(issue_key(shop=shop, kind=KeyKind.SECRET).secret)
    large = b'{"points": 1, "key": "' + b"x" * 9_000_000 + b'"}'
    fields = "&".join(f"f{n}=1" for n in range(2_000))
    for answer, status, code in (
        (client.post("/api/v1/points/reverse", large, "application/json", headers=key), 413, "too_large"),
        (client.get(f"/api/v1/customers?{fields}", headers=key), 400, "unreadable"),
        (client.get("/api/v1/customers/1", headers=key), 404, "not_found"),
        (client.get("/api/v1/stats/", headers=key), 404, "not_found"),
        (client.post("/api/v1/nothing", b"{}", "application/json"), 404, "not_found"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    for methods in api.get_openapi_schema()["paths"].values():
        for operation in methods.values():
            assert (413 in operation["responses"]) == ("requestBody" in operation)


@pytest.mark.parametrize(
    "number", ["1.0", "+1", "%201", "1%0A", "1_0", "%D9%A3", "1%00", "9" * 5_000, "0", "-1"]
)
def test_a_row_is_named_by_its_digits(shop: Shop, number: str) -> None:
    customer, _erasure = customer_with_points(shop)
    before = counts(shop)
    key = issue_key(shop=shop, kind=KeyKind.SECRET).secret
    number = number.replace("1", str(customer), 1) if number.count("1") == 1 else number
    response = call("post", f"/api/v1/customers/{number}/erase", key)
    assert (response.status_code, response.json()["error"]["field"]) == (422, "customer_id")
    assert counts(shop) == before


def test_the_page_for_people() -> None:
    page = browser_of(language="es").get("/api/v1/docs").content.decode()
    for method, path, scope in operations():
        assert scope in page
        assert path.split("/1")[0] in page, (method, path)
    assert "<script>" not in page
    assert "/api/v1/customers?user_id=42" in page
    assert "/api/v1/customers/17/points/redeem" in page
    assert "&quot;is_new&quot;: true" in page
    assert "`" not in page


@pytest.mark.browser
def test_it_looks_right(live_server: str, page: "Page") -> None:
    page.goto(f"{live_server}/api/v1/docs")
    looks_right(page, "api-docs")
