"""A stand-in for Shopify on loopback: Admin GraphQL, bulk operations and their files, with troubles on demand.

Knows only what is asked here; a query it does not know is an error of the test.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from vuelve.events.sources.shopify.documents import SCOPES
from vuelve.events.sources.shopify.tests import graph
from vuelve.events.sources.shopify.tests.payloads import SECRET, payload

TOKEN = "shpat_fake"
CLIENT_ID = "0123456789abcdef0123456789abcdef"
PIECE_BYTES = 16_384
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class FakeShopify:
    """`orders`, `customers`, `products` are payloads as webhooks have them."""

    orders: list[dict[str, Any]] = field(default_factory=list)
    customers: list[dict[str, Any]] = field(default_factory=list)
    products: list[dict[str, Any]] = field(default_factory=list)
    scopes: tuple[str, ...] = SCOPES
    polls: int = 1  # how often an operation is still running
    troubles: list[str] = field(default_factory=list)  # the next GraphQL calls meet them, first one first
    file_troubles: list[str] = field(default_factory=list)
    endings: list[str] = field(default_factory=list)  # how operations end: COMPLETED unless said here
    knows_ranges: bool = True
    subscriptions: dict[str, tuple[str, str]] = field(default_factory=dict)
    operations: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    searches: list[str] = field(default_factory=list)
    ranges: list[int] = field(default_factory=list)
    url: str = ""
    lent: int = 0  # tokens lent so far; only the last one is good
    on_piece: Callable[[int], None] | None = None  # called with the bytes sent of a file

    # --- tokens --------------------------------------------------------------------------------------------------------

    def lend(self, asked: dict[str, str]) -> Answer:
        """The client credentials grant, to an app that is installed."""
        if asked != {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": SECRET}:
            return 400, {}, b'{"error":"application_cannot_be_found"}'
        self.lent += 1
        answer = {"access_token": f"shpat_lent_{self.lent}", "scope": "read_orders", "expires_in": 86399}
        return 200, {}, json.dumps(answer).encode()

    # --- GraphQL ---------------------------------------------------------------------------------------------------

    def answer(self, token: str, body: dict[str, Any]) -> Answer:
        if token not in (TOKEN, f"shpat_lent_{self.lent}"):
            return 401, {}, b'{"errors":"[API] Invalid API key or access token"}'
        query, variables = body["query"], body["variables"]
        if self.troubles and (trouble := self._trouble(self.troubles.pop(0))):
            return trouble
        data = self._data(query, variables)
        return 200, {}, json.dumps({"data": data}).encode()

    def _trouble(self, kind: str) -> Answer | None:
        match kind:
            case "throttled":
                cost = {
                    "requestedQueryCost": 500,
                    "throttleStatus": {"currentlyAvailable": 400, "restoreRate": 50},
                }
                error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
                return 200, {}, json.dumps({"errors": [error], "extensions": {"cost": cost}}).encode()
            case "denied":
                error = {
                    "message": "Access denied for orders field.",
                    "extensions": {"code": "ACCESS_DENIED"},
                }
                return 200, {}, json.dumps({"errors": [error]}).encode()
            case "garbage":
                return 200, {}, b"<html>"
            case "429":
                return 429, {"Retry-After": "2.0"}, b""
            case "redirect":
                return 302, {"Location": "http://169.254.169.254/"}, b""
            case status if status.isdigit():
                return int(status), {}, b""
        return None

    def _data(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        found = re.search(
            r"bulkOperationRunQuery|bulkOperations|BulkOperation \{|webhookSubscriptionCreate|webhookSubscriptionDelete|"
            r"webhookSubscriptions|accessScopes|Refund|Count",
            query,
        )
        name = found[0] if found else "?"
        self.asked.append(name)
        match name:
            case "accessScopes":
                scopes = [{"handle": one} for one in self.scopes]
                return {
                    "shop": {"name": "Tienda Ejemplo", "currencyCode": "MXN"},
                    "currentAppInstallation": {"accessScopes": scopes},
                }
            case "bulkOperationRunQuery":
                return {"bulkOperationRunQuery": self._run(variables["query"])}
            case "bulkOperations":
                return {"bulkOperations": {"nodes": list(self.operations.values())[::-1]}}
            case "BulkOperation {":
                return {"node": self._status(variables["id"])}
            case "Refund":
                refunds = {graph.gid("Refund", r["id"]): r for o in self.orders for r in o["refunds"]}
                found_refunds = [refunds.get(one) for one in variables["ids"]]
                return {"nodes": [graph.refund_node(one) if one else None for one in found_refunds]}
            case "Count":
                return self._counts(query)
        return self._subscriptions(name, variables)

    def _subscriptions(self, name: str, variables: dict[str, Any]) -> dict[str, Any]:
        match name:
            case "webhookSubscriptionCreate":
                if not variables["uri"].startswith("https://"):
                    return {"webhookSubscriptionCreate": {"userErrors": [{"message": "Address is invalid"}]}}
                key = f"gid://shopify/WebhookSubscription/{len(self.subscriptions) + 1}"
                self.subscriptions[key] = (variables["topic"], variables["uri"])
                return {"webhookSubscriptionCreate": {"webhookSubscription": {"id": key}, "userErrors": []}}
            case "webhookSubscriptionDelete":
                del self.subscriptions[variables["id"]]
                return {"webhookSubscriptionDelete": {"deletedWebhookSubscriptionId": variables["id"]}}
            case "webhookSubscriptions":
                nodes = [
                    {"id": key, "topic": one, "uri": uri} for key, (one, uri) in self.subscriptions.items()
                ]
                return {"webhookSubscriptions": {"nodes": nodes, "pageInfo": {"hasNextPage": False}}}
        raise AssertionError(f"the stand-in does not know this: {name}")

    def _counts(self, query: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for alias, kind, search in re.findall(r'(c\d+): (\w+)Count\(query: "(.*?)", limit: null\)', query):
            found[alias] = {"count": len(self.of(kind, search)), "precision": "EXACT"}
        return found

    def of(self, kind: str, search: str) -> list[dict[str, Any]]:
        """What fits a search: `created_at:>='...'`, `created_at:<'...'`, `financial_status:...`, `test:false`."""
        self.searches.append(search)
        rows = {"orders": self.orders, "customers": self.customers, "products": self.products}[kind]
        for sign, text in re.findall(r"(?:created_at|customer_date):(>=|<)'([^']*)'", search):
            rows = [one for one in rows if (graph._utc(one["created_at"]) >= text) is (sign == ">=")]
        if status := re.search(r"financial_status:(\w+)", search):
            rows = [one for one in rows if one["financial_status"] == status[1]]
        return [one for one in rows if not one.get("test")] if "test:false" in search else rows

    # --- bulk operations ----------------------------------------------------------------------------------------------

    def _run(self, query: str) -> dict[str, Any]:
        if any(one["status"] in ("CREATED", "RUNNING") for one in self.operations.values()):
            message = "A bulk query operation for this app and shop is already in progress."
            return {"bulkOperation": None, "userErrors": [{"message": message}]}
        key = f"gid://shopify/BulkOperation/{len(self.operations) + 1}"
        self.operations[key] = {"id": key, "status": "CREATED", "query": query, "polled": 0}
        return {"bulkOperation": {"id": key, "status": "CREATED"}, "userErrors": []}

    def _status(self, key: str) -> dict[str, Any] | None:
        operation = self.operations.get(key)
        if operation is None:
            return None
        operation["polled"] += 1
        if operation["polled"] <= self.polls:
            operation["status"] = "RUNNING"
        elif operation["status"] in ("CREATED", "RUNNING"):
            operation["status"] = self.endings.pop(0) if self.endings else "COMPLETED"
        file = f"{self.url}/files/{key.rpartition('/')[2]}.jsonl?signature=x"
        is_whole, has_rows = operation["status"] == "COMPLETED", bool(self.file_of(key))
        return operation | {
            "errorCode": None if is_whole or operation["status"] == "RUNNING" else "INTERNAL_SERVER_ERROR",
            "objectCount": "1",
            "rootObjectCount": str(len(self.orders)),
            "url": file if is_whole and has_rows else None,
            "partialDataUrl": file if operation["status"] == "FAILED" else None,
        }

    def file_of(self, key: str) -> bytes:
        operation = self.operations[key]
        query = operation["query"]
        found = re.match(r"\{ (\w+)\(query: \"(.*?)\"\)", query)
        assert found, query
        kind, rows = found[1], self.of(found[1], found[2])
        if kind == "customers":
            whole = graph.as_file(graph.customer_node(one) for one in rows)
        else:
            lines = graph.order_lines if kind == "orders" else graph.product_lines
            whole = graph.as_file(line for one in rows for line in lines(one))
        return whole[: len(whole) // 2] if operation["status"] == "FAILED" else whole


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeShopify

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/admin/oauth/access_token":
            self._send(*self.fake.lend({name: value for name, [value] in parse_qs(raw.decode()).items()}))
            return
        body = json.loads(raw)
        assert re.fullmatch(r"/admin/api/20\d\d-\d\d/graphql\.json", self.path), self.path
        self._send(*self.fake.answer(self.headers.get("X-Shopify-Access-Token", ""), body))

    def do_GET(self) -> None:
        assert "X-Shopify-Access-Token" not in self.headers  # the token goes to the store, to no file's host
        fake = self.fake
        trouble = fake.file_troubles.pop(0) if fake.file_troubles else ""
        if trouble.isdigit():
            self._send(int(trouble), {}, b"")
            return
        number = self.path.partition("?")[0].removeprefix("/files/").removesuffix(".jsonl")
        whole = fake.file_of(f"gid://shopify/BulkOperation/{number}")
        start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        fake.ranges.append(start)
        if not fake.knows_ranges:
            self._file(200, whole, trouble)
        elif start >= len(whole):
            self._send(416, {}, b"")
        else:
            self._file(206, whole[start:], trouble)

    def _file(self, status: int, body: bytes, trouble: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for begin in range(0, len(body), PIECE_BYTES):
            if trouble == "cut" and begin >= len(body) // 2:
                self.close_connection = True
                return
            try:
                self.wfile.write(body[begin : begin + PIECE_BYTES])
            except OSError:
                return
            if self.fake.on_piece:
                self.fake.on_piece(begin)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: pytest shows what failed."""


@contextmanager
def running(fake: FakeShopify) -> Iterator[FakeShopify]:
    """Serves on a free port of loopback; `fake.url` is what VUELVE_SHOPIFY_STAND_IN must be."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"fake": fake}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()


def many_orders(count: int, *, refunded_every: int = 7) -> list[dict[str, Any]]:
    """Orders of as many customers, a day apart at most, some with a refund."""
    found = []
    for n in range(count):
        order = payload("orders__updated" if n % refunded_every == 0 else "orders__fulfilled")
        order["id"] += 1_000 * n
        order["name"] = f"#{2_000 + n}"
        order["email"] = f"cliente{n}@example.com"
        order["customer"] |= {"id": 7_200_300_500_000 + n, "email": order["email"], "phone": None}
        for part in ("refunds", "fulfillments", "line_items"):
            for one in order[part]:
                one["id"] += 1_000 * n
        for refund in order["refunds"]:
            refund["order_id"] = order["id"]
            for line in refund["refund_line_items"]:
                line["line_item_id"] += 1_000 * n
        for parcel in order["fulfillments"]:
            parcel["order_id"] = order["id"]
        found.append(order)
    return found
