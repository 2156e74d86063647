"""Segments over the API: made, listed, paged through, explained; wrong input has a code."""

from base64 import b64encode
from datetime import timedelta
from typing import Any

from django.test import Client

from vuelve.events.services import ensure_months
from vuelve.platform import jobs
from vuelve.platform.clock import real
from vuelve.shops.models import KeyKind, Shop
from vuelve.shops.services import issue_key
from vuelve.testing import drain, identify

IN_MEXICO = {"type": "trait", "name": "country", "op": "is", "value": "MX"}


def test_a_segment_from_making_to_explaining(log: None, shop: Shop) -> None:
    now = real.now()
    ensure_months(now=now)
    for who, country in (("ana", "MX"), ("bea", "MX"), ("caio", "BR")):
        identify(shop, who, at=now - timedelta(seconds=1), traits={"country": country})
    drain(now)
    secret = issue_key(shop=shop, kind=KeyKind.SECRET).secret
    headers = {"authorization": "Basic " + b64encode(f"{secret}:".encode()).decode()}
    client = Client(headers=headers, SERVER_NAME="localhost")

    def ask(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = getattr(client, method)(f"/api/v1/segments{path}", body, content_type="application/json")
        return answer.status_code, answer.json() if answer.content else None

    status, made = ask("post", "", {"name": "México", "tree": IN_MEXICO})
    assert (status, made["version"], made["is_filled"]) == (201, 1, False)
    jobs.run_pending()
    [listed] = client.get("/api/v1/segments").json()
    assert (listed["size"], listed["is_filled"], listed["tree"]) == (2, True, IN_MEXICO)
    first = client.get(f"/api/v1/segments/{made['id']}/members?rows=1").json()
    rest = client.get(f"/api/v1/segments/{made['id']}/members?after={first['next']}").json()
    assert len(first["members"]) == len(rest["members"]) == 1
    assert rest["next"] is None
    customer = rest["members"][0]["customer_id"]
    why = client.get(f"/api/v1/segments/{made['id']}/customers/{customer}").json()
    assert (why["holds"], why["figure"]) == (True, "MX")
    assert ask("post", "/preview", {"tree": {"not": IN_MEXICO}})[1]["count"] == 1
    assert ask("post", "", {"name": "México", "tree": IN_MEXICO})[1]["error"]["code"] == "name_taken"
    status, wrong = ask("post", "", {"name": "Dos", "tree": {"all": [IN_MEXICO | {"value": 7}]}})
    assert (status, wrong["error"]["field"]) == (400, "tree.all[0].value")
    circle = {"type": "segment", "segment": made["id"]}
    assert ask("patch", f"/{made['id']}", {"tree": circle})[1]["error"]["code"] == "segment_circle"
    assert ask("patch", f"/{made['id']}", {"name": "MX", "version": 9})[0] == 409
    assert ask("delete", f"/{made['id']}")[0] == 204
    assert client.get(f"/api/v1/segments/{made['id']}").status_code == 404
