"""Everything of a kind through a bulk operation: begin it, ask how it is, read its file in bounded memory.

The file has one object a line; a nested connection's objects follow their parent's line (`groupObjects`), with its id
as `__parentId`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from vuelve.events.sources.shopify import documents, shapes
from vuelve.events.sources.shopify.client import graphql, read_lines
from vuelve.events.sources.shopify.reading import child, items, number_of
from vuelve.platform import limits
from vuelve.platform.errors import Retryable, VuelveError
from vuelve.platform.stores import (
    Chunk,
    FetchCutError,
    FetchState,
    FetchStatus,
    StoreAccess,
    StoreKind,
    StoreWindow,
)

REFUNDS_ASKED = 50  # at once: about 200 points of a bucket of 1,000 or more
BUSY_SECONDS = 30.0

_QUERIES = {
    StoreKind.ORDERS: documents.BULK_ORDERS,
    StoreKind.CUSTOMERS: documents.BULK_CUSTOMERS,
    StoreKind.PRODUCTS: documents.BULK_PRODUCTS,
}
_CREATED = {
    StoreKind.ORDERS: "created_at",
    StoreKind.CUSTOMERS: "customer_date",
    StoreKind.PRODUCTS: "created_at",
}
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def search(kind: StoreKind, window: StoreWindow) -> str:
    """A window in Shopify's search syntax. Test orders are never asked for."""
    name = _CREATED[kind]
    terms = ["test:false"] if kind is StoreKind.ORDERS else []
    terms += [f"{name}:>='{_instant(window.since)}'"] if window.since else []
    terms += [f"{name}:<'{_instant(window.until)}'"] if window.until else []
    terms += [f"financial_status:{window.status}"] if window.status else []
    return " ".join(terms)


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def begin(access: StoreAccess, kind: StoreKind, window: StoreWindow) -> str:
    """One that we began and then forgot (a crash) is taken up. A store runs only a few at a time."""
    query = _QUERIES[kind] % msgspec.json.encode(search(kind, window)).decode()
    latest = items(child(graphql(access, documents.BULK_LATEST), "bulkOperations"), "nodes")
    running = [one for one in latest if one.get("status") in ("CREATED", "RUNNING")]
    for one in running:
        if _words(one.get("query")) == _words(query):
            return str(one["id"])
    answer = child(graphql(access, documents.BULK_RUN, {"query": query}), "bulkOperationRunQuery")
    if operation := child(answer, "bulkOperation").get("id"):
        return str(operation)
    if running:
        raise Retryable("Shopify is still busy with other bulk operations", after_seconds=BUSY_SECONDS)
    problem = next((str(one.get("message")) for one in items(answer, "userErrors")), "no operation")
    raise VuelveError("store_answer", f"Shopify: {problem}")


def _words(query: Any) -> str:
    return " ".join(str(query or "").split())


def status(access: StoreAccess, operation: str) -> FetchStatus:
    node = child(graphql(access, documents.BULK_STATUS, {"id": operation}), "node")
    word = str(node.get("status") or "")
    count = number_of(node.get("rootObjectCount"))
    objects = int(count or 0)
    reason = str(node.get("errorCode") or word or "gone")
    match word:
        case "COMPLETED":
            # Without a file there was nothing to put in it.
            return FetchStatus(FetchState.READY, url=str(node.get("url") or ""), objects=objects)
        case "CREATED" | "RUNNING" | "CANCELING":
            return FetchStatus(FetchState.PREPARING, objects=objects)
        case _ if reason == "ACCESS_DENIED":
            raise VuelveError(
                "store_scopes",
                "The app may not read all of this.",
                hint="Add the missing permission to the app in Shopify, and install it again.",
            )
        case _ if node.get("partialDataUrl"):
            return FetchStatus(FetchState.PARTIAL, url=str(node["partialDataUrl"]), reason=reason)
        case _:
            return FetchStatus(FetchState.FAILED, reason=reason)


@dataclass(slots=True)
class _Root:
    """An object of the file, with what follows it."""

    node: Mapping[str, Any]
    children: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)  # by the type in their id

    def add(self, node: Mapping[str, Any]) -> None:
        kind = str(node.get("id", "")).removeprefix("gid://shopify/").partition("/")[0]
        self.children.setdefault(kind, []).append(node)
        if sum(map(len, self.children.values())) > limits.STORE_CHILDREN_MAX:
            raise VuelveError("store_answer", "An object in Shopify's file has too many parts.")

    def of(self, kind: str) -> list[Mapping[str, Any]]:
        return self.children.get(kind, [])


def fetch(
    access: StoreAccess, kind: StoreKind, url: str, position: str, *, is_whole: bool
) -> Iterator[Chunk]:
    """`position` is an offset in the file, at the beginning of an object."""
    roots: list[_Root] = []
    offset = start = int(position or 0)
    cut = None
    for line, after in read_lines(url, offset_bytes=offset, line_bytes_max=limits.STORE_LINE_BYTES_MAX):
        try:
            node = _node(line)
        except FetchCutError as error:
            cut = error
            break
        parent = node.pop("__parentId", None)
        if parent is None:
            if len(roots) >= limits.STORE_BATCH_OBJECTS:
                yield Chunk(_payloads(access, kind, roots), position=str(offset))
                roots = []
            roots.append(_Root(node))
            start = offset
        elif roots and roots[-1].node.get("id") == parent:
            roots[-1].add(node)
        else:
            raise VuelveError("store_answer", "An object in Shopify's file is not behind its parent.")
        offset = after
    if cut or not is_whole:
        # The last one may lack lines of its own: an order without its articles is worse than none.
        roots, offset = roots[:-1], start
    if roots:
        yield Chunk(_payloads(access, kind, roots), position=str(offset))
    if cut:
        raise cut


def _node(line: bytes) -> dict[str, Any]:
    try:
        return _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FetchCutError("A line of Shopify's file is no object") from error


def _payloads(
    access: StoreAccess, kind: StoreKind, roots: Sequence[_Root]
) -> Sequence[tuple[str, Mapping[str, Any]]]:
    match kind:
        case StoreKind.ORDERS:
            refunds = _refunds(access, [one for root in roots for one in shapes.refund_ids(root.node)])
            return [("orders/updated", _order(root, refunds)) for root in roots]
        case StoreKind.CUSTOMERS:
            return [("customers/update", shapes.customer(root.node)) for root in roots]
        case StoreKind.PRODUCTS:
            return [
                ("products/update", shapes.product(root.node, _images(root), root.of("ProductVariant")))
                for root in roots
            ]


def _order(root: _Root, refunds: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    found = [refunds[one] for one in shapes.refund_ids(root.node) if one in refunds]
    return shapes.order(root.node, root.of("LineItem"), root.of("ShippingLine"), found)


def _images(root: _Root) -> list[Mapping[str, Any]]:
    return root.of("ProductImage") or root.of("ImageSource") or root.of("MediaImage")


def _refunds(access: StoreAccess, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(ids), REFUNDS_ASKED):
        asked = list(ids[start : start + REFUNDS_ASKED])
        answer = graphql(access, documents.REFUNDS, {"ids": asked})
        # One that is gone in the meantime comes as null.
        nodes = [node for node in answer.get("nodes") or () if isinstance(node, Mapping)]
        found |= {f"gid://shopify/Refund/{number_of(node.get('id'))}": node for node in nodes}
    return found
