"""Which topic means what. Payloads are those of Shopify's webhooks (REST's shapes); a backfill brings its own to them.

Message ids come from Shopify's ids, with `updated_at` and a digest where a state changes, so the order of deliveries
and their number never matter, and a backfill says nothing that a webhook has said before.

Ids: a customer's user id is `shopify:<id>`. Orders, products, fulfilments and refunds keep Shopify's plain numbers,
since the storefront's own events (Segment's product_id, order_id) name them so; numbers are unique over all stores.
"""

from collections.abc import Callable, Mapping

from vuelve.events.sources.shopify.checkouts import checkout
from vuelve.events.sources.shopify.customers import customer, customer_deleted, email_consent, sms_consent
from vuelve.events.sources.shopify.orders import order, order_deleted
from vuelve.events.sources.shopify.products import product, product_deleted
from vuelve.events.sources.shopify.reading import (
    Payload,
    child,
    email_of,
    phone_of,
    user_id,
)
from vuelve.events.sources.shopify.refunds import refund
from vuelve.events.sources.shopify.shipments import carrier_event, fulfillment
from vuelve.platform.stores import Mapped, Reception, StoreRequest, StoreRequestKind

Mapper = Callable[[str, Payload, Reception], Mapped]


def uninstalled(topic: str, payload: Payload, reception: Reception) -> Mapped:
    return Mapped(is_uninstall=True)


def privacy_request(topic: str, payload: Payload, reception: Reception) -> Mapped:
    """The three topics that every Shopify app must answer."""
    person = child(payload, "customer")
    request = StoreRequest(
        kind=_REQUESTS[topic],
        user_id=user_id(person),
        email=email_of(person.get("email")),
        phone=phone_of(person.get("phone")),
    )
    return Mapped(requests=[request])


_REQUESTS = {
    "customers/data_request": StoreRequestKind.EXPORT,
    "customers/redact": StoreRequestKind.ERASE_CUSTOMER,
    "shop/redact": StoreRequestKind.ERASE_SHOP,
}

MAPPERS: Mapping[str, Mapper] = {
    "orders/create": order,
    "orders/updated": order,
    "orders/paid": order,
    "orders/cancelled": order,
    "orders/fulfilled": order,
    "orders/partially_fulfilled": order,
    "orders/delete": order_deleted,
    "refunds/create": refund,
    "fulfillments/create": fulfillment,
    "fulfillments/update": fulfillment,
    "fulfillment_events/create": carrier_event,
    "customers/create": customer,
    "customers/update": customer,
    "customers/enable": customer,
    "customers/disable": customer,
    "customers/delete": customer_deleted,
    "customers_email_marketing_consent/update": email_consent,
    "customers_marketing_consent/update": sms_consent,
    "checkouts/create": checkout,
    "checkouts/update": checkout,
    "products/create": product,
    "products/update": product,
    "products/delete": product_deleted,
    "app/uninstalled": uninstalled,
    **dict.fromkeys(_REQUESTS, privacy_request),
}

# They come as the app's settings say, not by a subscription of ours, and also after the app is gone.
PRIVACY_TOPICS = frozenset(_REQUESTS)
