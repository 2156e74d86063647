"""Shopify as a source: the contract, each part in its module."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from vuelve.events.sources.shopify import admin, backfill, client, documents, webhook
from vuelve.events.sources.shopify.mapping import MAPPERS, PRIVACY_TOPICS
from vuelve.events.sources.shopify.reading import NAME
from vuelve.platform.stores import (
    Chunk,
    Delivery,
    FetchStatus,
    Mapped,
    Reception,
    StoreAccess,
    StoreFacts,
    StoreKind,
    StoreWindow,
    Text,
)


class ShopifySource:
    name: ClassVar[str] = NAME
    label: Text = "Shopify"
    api_version: ClassVar[str] = documents.API_VERSION
    guide: ClassVar[str] = "events/stores/shopify_guide.html"

    def check_domain(self, text: str) -> str:
        return client.check_domain(text)

    def verify(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
        return webhook.verify(headers, body, secret)

    def delivery(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        return webhook.delivery(headers, body)

    def topics(self) -> frozenset[str]:
        return frozenset(MAPPERS)

    def stays_open_for(self, topic: str) -> bool:
        return topic in PRIVACY_TOPICS

    def map(self, topic: str, payload: Mapping[str, Any], reception: Reception) -> Mapped:
        return MAPPERS[topic](topic, payload, reception)

    def facts(self, access: StoreAccess) -> StoreFacts:
        return admin.facts(access)

    def register(self, access: StoreAccess, address: str) -> Sequence[str]:
        return admin.register(access, address)

    def unregister(self, access: StoreAccess, address: str) -> None:
        admin.unregister(access, address)

    def begin(self, access: StoreAccess, kind: StoreKind, window: StoreWindow) -> str:
        return backfill.begin(access, kind, window)

    def status(self, access: StoreAccess, operation: str) -> FetchStatus:
        return backfill.status(access, operation)

    def fetch(
        self, access: StoreAccess, kind: StoreKind, url: str, position: str, *, is_whole: bool
    ) -> Iterator[Chunk]:
        return backfill.fetch(access, kind, url, position, is_whole=is_whole)

    def counts(
        self, access: StoreAccess, kind: StoreKind, windows: Sequence[StoreWindow]
    ) -> Sequence[int | None]:
        return admin.counts(access, kind, windows)
