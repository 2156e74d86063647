"""What else is asked of Shopify: who it is, its subscriptions, how many of what there are."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from vuelve.events.sources.shopify import documents
from vuelve.events.sources.shopify.backfill import search
from vuelve.events.sources.shopify.client import graphql
from vuelve.events.sources.shopify.mapping import MAPPERS, PRIVACY_TOPICS
from vuelve.events.sources.shopify.reading import child, items, text
from vuelve.platform.stores import StoreAccess, StoreFacts, StoreKind, StoreWindow

COUNTS_ASKED = 20  # in one call
PAGES_MAX = 20

_COUNTS = {
    StoreKind.ORDERS: "ordersCount",
    StoreKind.CUSTOMERS: "customersCount",
    StoreKind.PRODUCTS: "productsCount",
}


def facts(access: StoreAccess) -> StoreFacts:
    answer = graphql(access, documents.FACTS)
    shop, installation = child(answer, "shop"), child(answer, "currentAppInstallation")
    scopes = {text(one.get("handle")) for one in items(installation, "accessScopes")}
    # Who may write may read.
    readable = scopes | {f"read_{one.removeprefix('write_')}" for one in scopes if one.startswith("write_")}
    return StoreFacts(
        name=text(shop.get("name")),
        currency=text(shop.get("currencyCode")),
        scopes=tuple(sorted(scopes)),
        missing_scopes=tuple(one for one in documents.SCOPES if one not in readable),
    )


def register(access: StoreAccess, address: str) -> Sequence[str]:
    """A topic that Shopify refuses (a permission is missing) is left out; the page says which are there."""
    has = {topic for topic, _, uri in _subscriptions(access) if uri == address}
    for topic in sorted(set(MAPPERS) - PRIVACY_TOPICS):
        name = _enum(topic)
        if name in has:
            continue
        answer = graphql(access, documents.SUBSCRIBE, {"topic": name, "uri": address})
        if child(child(answer, "webhookSubscriptionCreate"), "webhookSubscription").get("id"):
            has.add(name)
    return sorted(topic for topic in MAPPERS if _enum(topic) in has)


def unregister(access: StoreAccess, address: str) -> None:
    for _, subscription, uri in list(_subscriptions(access)):
        if uri == address:
            graphql(access, documents.UNSUBSCRIBE, {"id": subscription})


def _enum(topic: str) -> str:
    """`orders/create` is `ORDERS_CREATE` in GraphQL."""
    return topic.replace("/", "_").upper()


def _subscriptions(access: StoreAccess) -> Iterator[tuple[str, str, str]]:
    after = None
    for _ in range(PAGES_MAX):
        answer = child(graphql(access, documents.SUBSCRIPTIONS, {"after": after}), "webhookSubscriptions")
        for node in items(answer, "nodes"):
            yield text(node.get("topic")), text(node.get("id")), text(node.get("uri"))
        page = child(answer, "pageInfo")
        if page.get("hasNextPage") is not True:
            return
        after = page.get("endCursor")


def counts(access: StoreAccess, kind: StoreKind, windows: Sequence[StoreWindow]) -> Sequence[int | None]:
    found: list[int | None] = []
    for start in range(0, len(windows), COUNTS_ASKED):
        asked = windows[start : start + COUNTS_ASKED]
        fields = " ".join(
            f"c{n}: {_COUNTS[kind]}(query: {_quoted(search(kind, window))}, limit: null) {{ count precision }}"
            for n, window in enumerate(asked)
        )
        answer = graphql(access, f"{{ {fields} }}")
        found += [_count(child(answer, f"c{n}")) for n in range(len(asked))]
    return found


def _quoted(query: str) -> str:
    return msgspec.json.encode(query).decode()


def _count(answer: Mapping[str, Any]) -> int | None:
    """Shopify stops counting somewhere, and says so: "at least" is no number to compare with."""
    count = answer.get("count")
    return count if isinstance(count, int) and answer.get("precision", "EXACT") == "EXACT" else None
