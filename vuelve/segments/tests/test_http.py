"""Segments over the API: made, listed, paged through, explained; wrong input has a code."""

from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from vuelve.events.services import ensure_months
from vuelve.platform import jobs
from vuelve.platform.clock import real
from vuelve.platform.ui import formats
from vuelve.shops.models import KeyKind, Shop
from vuelve.shops.services import issue_key
from vuelve.testing import drain, identify, track

IN_MEXICO = {"type": "trait", "name": "country", "op": "is", "value": "MX"}


Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def ask(log: None, shop: Shop) -> Ask:
    """`ask(method, path, body)` with a secret key of the shop: the status, and the answer."""
    secret = issue_key(shop=shop, kind=KeyKind.SECRET).secret
    headers = {"authorization": "Basic " + b64encode(f"{secret}:".encode()).decode()}
    client = Client(headers=headers, SERVER_NAME="localhost")

    def asked(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = getattr(client, method)(f"/api/v1/segments{path}", body, content_type="application/json")
        return answer.status_code, answer.json() if answer.content else None

    return asked


def test_what_is_wrong_has_a_code_and_makes_nothing(ask: Ask, shop: Shop) -> None:
    now = real.now()
    ensure_months(now=now)
    track(shop, "Order Completed", user_id="ana", at=now, properties={"order_id": "1", "coupon": "HOT"})
    drain(now)
    deep: dict[str, Any] = IN_MEXICO
    for _level in range(60):
        deep = {"all": [deep]}
    event = {"type": "event", "name": "Order Completed"}
    bomb = {"property": "coupon", "op": "matches", "value": "(a+)+$"}
    for tree, code, field in (
        (event | {"where": [{"property": "cupon", "op": "is", "value": "HOT"}]}, "unknown_property", "tree"),
        ({"all": [IN_MEXICO, {"type": "trait", "name": "plann", "op": "is", "value": "x"}]}, "unknown_property", "tree.all[1]"),
        (event | {"where": [bomb]}, "invalid_choice", "tree.where[0].op"),
        (deep, "too_deep", None),
        ({"all": [IN_MEXICO] * 60}, "too_many_conditions", "tree.all[50]"),
        (event | {"within_days": 3_652_500}, "out_of_range", "tree.within_days"),
        ({"type": "segment", "segment": 999_999}, "unknown_segment", "tree.segment"),
        ({"type": "trait", "name": "country", "op": "gt", "value": "MX"}, "operator_mismatch", "tree.op"),
    ):  # fmt: skip
        status, wrong = ask("post", "", {"name": "Mal", "tree": tree})
        assert (status, wrong["error"]["code"]) == (400, code)
        assert field is None or wrong["error"]["field"] == field
        assert wrong["error"]["hint"]
    assert ask("get", "")[1] == []
    unseen = event | {"where": [{"property": "cupon", "op": "is", "value": "HOT"}]}
    assert ask("post", "/preview", {"tree": unseen})[1]["unseen"] == ["Order Completed: cupon"]
    assert ask("post", "", {"name": "Ya vendrá", "tree": unseen, "allow_unseen": True})[0] == 201


def test_a_list(ask: Ask, shop: Shop) -> None:
    identify(shop, "ana", at=real.now(), traits={})
    drain(real.now())
    status, made = ask("post", "/lists", {"name": "Lista", "ids": ["ana", "ana", "nadie"]})
    assert (status, made["kind"], made["size"], made["unknown"]) == (201, "list", 1, 1)
    assert ask("get", f"/{made['id']}/customers/1")[0] == 404
    status, made = ask("post", "/lists", {"name": "🎉", "ids": ["🎉" * 2 + str(n) for n in range(100_000)]})
    assert (status, made["size"], made["unknown"]) == (201, 0, 100_000)
    status, wrong = ask("post", "/lists", {"name": "Larga", "ids": [str(n) for n in range(100_001)]})
    assert (status, wrong["error"]["code"], wrong["error"]["field"]) == (400, "list_too_long", "ids")
    assert ask("post", "/lists", {"name": "Nada", "ids": [" "]})[1]["error"]["code"] == "list_empty"
    assert ask("post", "/lists", {"name": "Mal", "ids": ["a\x00b"]})[0] == 201
    assert len(ask("get", "")[1]) == 3
    status, wrong = ask("post", "/lists", {"name": "Enorme", "ids": ["x" * 9_000_000]})
    assert (status, wrong["error"]["code"]) == (413, "too_large")


def test_a_segment_from_making_to_explaining(ask: Ask, shop: Shop) -> None:
    now = real.now()
    ensure_months(now=now)
    for who, country in (("ana", "MX"), ("bea", "MX"), ("caio", "BR")):
        identify(shop, who, at=now - timedelta(seconds=1), traits={"country": country})
    drain(now)
    status, made = ask("post", "", {"name": "México", "tree": IN_MEXICO})
    assert (status, made["version"], made["is_filled"]) == (201, 1, False)
    jobs.run_pending()
    [listed] = ask("get", "")[1]
    assert (listed["size"], listed["is_filled"], listed["tree"]) == (2, True, IN_MEXICO)
    first = ask("get", f"/{made['id']}/members?rows=1")[1]
    rest = ask("get", f"/{made['id']}/members?after={first['next']}")[1]
    assert len(first["members"]) == len(rest["members"]) == 1
    assert rest["next"] is None
    customer = rest["members"][0]["customer_id"]
    why = ask("get", f"/{made['id']}/customers/{customer}")[1]
    assert (why["holds"], why["figure"]) == (True, "MX")
    assert ask("post", "/preview", {"tree": {"not": IN_MEXICO}})[1]["count"] == 1
    assert ask("post", "", {"name": "México", "tree": IN_MEXICO})[1]["error"]["code"] == "name_taken"
    status, wrong = ask("post", "", {"name": "Dos", "tree": {"all": [IN_MEXICO | {"value": 7}]}})
    assert (status, wrong["error"]["field"]) == (400, "tree.all[0].value")
    circle = {"type": "segment", "segment": made["id"]}
    assert ask("patch", f"/{made['id']}", {"tree": circle})[1]["error"]["code"] == "segment_circle"
    assert ask("patch", f"/{made['id']}", {"name": "MX", "version": 9})[0] == 409
    assert ask("delete", f"/{made['id']}")[0] == 204
    assert ask("get", f"/{made['id']}")[0] == 404


def test_when_somebody_did_something_is_explained(ask: Ask, shop: Shop) -> None:
    now = real.now()
    ensure_months(now=now)
    track(shop, "Order Completed", user_id="ana", at=now - timedelta(hours=1), properties={"order_id": "1"})
    drain(now)
    tree = {"type": "event_time", "name": "Order Completed", "which": "first", "when": "within", "days": 30}
    made = ask("post", "", {"name": "Nuevas", "tree": {"any": [tree, tree | {"name": "Nunca"}]}})[1]
    jobs.run_pending()
    [member] = ask("get", f"/{made['id']}/members")[1]["members"]
    why = ask("get", f"/{made['id']}/customers/{member['customer_id']}")[1]
    assert [each["holds"] for each in why["below"]] == [True, False]
    assert why["below"][0]["figure"] == formats.moment(now - timedelta(hours=1))
    assert why["below"][1]["figure"] in ("never", "nunca")
