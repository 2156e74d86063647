"""Shopify keeps the contract of a source."""

import base64
import hashlib
import hmac
from typing import Any, ClassVar

import pytest

from vuelve.events.sources.contracts import Store
from vuelve.events.sources.shopify.mapping import PRIVACY_TOPICS
from vuelve.events.sources.shopify.source import ShopifySource
from vuelve.events.sources.shopify.tests import payloads
from vuelve.events.sources.tests.store_contract import StoreContract
from vuelve.platform.stores import StoreSource


def signed_headers(topic: str, body: bytes, *, key: str, domain: str, secret: str) -> dict[str, str]:
    digest = hmac.digest(secret.encode(), body, hashlib.sha256)
    return {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
        "X-Shopify-Shop-Domain": domain,
        "X-Shopify-Webhook-Id": key,
        "X-Shopify-Event-Id": f"event-of-{key}",
        "X-Shopify-Triggered-At": "2026-03-12T11:59:59.123456789Z",
        "X-Shopify-API-Version": "2026-07",
    }


class TestShopify(StoreContract):
    domain: ClassVar[str] = payloads.DOMAIN
    bad_domains = (
        "evil.example",
        "tienda.myshopify.com.evil.example",
        "evil.example/tienda.myshopify.com",
        "evil.example#.myshopify.com",
        "a.b.myshopify.com",
        "-a.myshopify.com",
        "tienda.myshopify.com:8080",
        "tienda.myshopify.comx",
        "user:pw@tienda.myshopify.com",
        "tiendа.myshopify.com",  # a Cyrillic letter
    )

    @pytest.fixture
    def source(self) -> StoreSource:
        return ShopifySource()

    def signed(self, store: Store, topic: str, body: bytes, key: str) -> dict[str, str]:
        return signed_headers(topic, body, key=key, domain=store.domain, secret=self.secret)

    def recorded(self) -> list[tuple[str, dict[str, Any]]]:
        names = sorted(payloads.names(), key=lambda name: name != "orders__create")
        return [(payloads.topic(name), payloads.payload(name)) for name in names]

    def once_only(self) -> frozenset[str]:
        return PRIVACY_TOPICS | {"app/uninstalled"}
