"""From GraphQL's objects to the webhooks' shapes, so that one mapping reads both and says the same of both. Pure."""

from collections.abc import Sequence
from typing import Any

from vuelve.events.sources.shopify.reading import Payload, child, items, number_of
from vuelve.events.sources.shopify.shipments import rest_status

_FULFILLMENT = {"fulfilled": "fulfilled", "partially_fulfilled": "partial", "restocked": "restocked"}


def order(
    node: Payload, lines: Sequence[Payload], shipping: Sequence[Payload], refunds: Sequence[Payload]
) -> dict[str, Any]:
    return {
        "id": node.get("id"),
        "name": node.get("name"),
        "created_at": node.get("createdAt"),
        "processed_at": node.get("processedAt"),
        "updated_at": node.get("updatedAt"),
        "cancelled_at": node.get("cancelledAt"),
        "cancel_reason": _lower(node.get("cancelReason")),
        "test": node.get("test"),
        "source_name": node.get("sourceName"),
        "tags": _tags(node),
        "email": node.get("email"),
        "phone": node.get("phone"),
        "customer_locale": node.get("customerLocale"),
        "currency": node.get("currencyCode"),
        "presentment_currency": node.get("presentmentCurrencyCode"),
        "taxes_included": node.get("taxesIncluded"),
        "financial_status": _lower(node.get("displayFinancialStatus")),
        "fulfillment_status": _FULFILLMENT.get(_lower(node.get("displayFulfillmentStatus")), ""),
        "payment_gateway_names": node.get("paymentGatewayNames"),
        "discount_codes": [{"code": code} for code in node.get("discountCodes") or ()],
        "total_price_set": _money(node.get("totalPriceSet")),
        "subtotal_price_set": _money(node.get("subtotalPriceSet")),
        "total_tax_set": _money(node.get("totalTaxSet")),
        "total_discounts_set": _money(node.get("totalDiscountsSet")),
        "total_tip_received_set": _money(node.get("totalTipReceivedSet")),
        "total_outstanding": child(child(node, "totalOutstandingSet"), "shopMoney").get("amount"),
        "customer": customer(child(node, "customer")) if node.get("customer") else None,
        "shipping_address": _address(child(node, "shippingAddress")),
        "billing_address": _address(child(node, "billingAddress")),
        "fulfillments": [_fulfillment(one) for one in items(node, "fulfillments")],
        "refunds": [refund(one) for one in refunds],
        "line_items": [_line(one) for one in lines],
        "shipping_lines": [_shipping_line(one) for one in shipping],
    }


def customer(node: Payload) -> dict[str, Any]:
    email, phone = child(node, "defaultEmailAddress"), child(node, "defaultPhoneNumber")
    return {
        "id": node.get("id"),
        "created_at": node.get("createdAt"),
        "updated_at": node.get("updatedAt"),
        "first_name": node.get("firstName"),
        "last_name": node.get("lastName"),
        "email": email.get("emailAddress"),
        "phone": phone.get("phoneNumber"),
        "tags": _tags(node),
        "locale": node.get("locale"),
        "default_address": _address(child(node, "defaultAddress")),
        "email_marketing_consent": _consent(email),
        "sms_marketing_consent": _consent(phone),
    }


def product(node: Payload, images: Sequence[Payload], variants: Sequence[Payload]) -> dict[str, Any]:
    return {
        "id": node.get("id"),
        "title": node.get("title"),
        "handle": node.get("handle"),
        "vendor": node.get("vendor"),
        "product_type": node.get("productType"),
        "status": _lower(node.get("status")),
        "tags": _tags(node),
        "created_at": node.get("createdAt"),
        "updated_at": node.get("updatedAt"),
        "category": node.get("category"),
        "images": [{"src": one.get("url")} for one in images],
        "variants": [
            {
                "id": one.get("id"),
                "sku": one.get("sku"),
                "title": one.get("title"),
                "price": one.get("price"),
                "inventory_quantity": one.get("inventoryQuantity"),
            }
            for one in variants
        ],
    }


def refund(node: Payload) -> dict[str, Any]:
    return {
        "id": node.get("id"),
        "order_id": child(node, "order").get("id"),
        "created_at": node.get("createdAt"),
        "note": node.get("note"),
        "refund_line_items": [
            {
                "quantity": line.get("quantity"),
                "line_item_id": child(line, "lineItem").get("id"),
                "line_item": {"product_id": child(child(line, "lineItem"), "product").get("id")},
                "subtotal_set": _money(line.get("subtotalSet")),
                "total_tax_set": _money(line.get("totalTaxSet")),
            }
            for line in items(child(node, "refundLineItems"), "nodes")
        ],
        "transactions": [
            {
                "kind": _lower(one.get("kind")),
                "status": _lower(one.get("status")),
                "amount_set": _money(one.get("amountSet")),
            }
            for one in items(child(node, "transactions"), "nodes")
        ],
    }


def _line(node: Payload) -> dict[str, Any]:
    return {
        "id": node.get("id"),
        "product_id": child(node, "product").get("id"),
        "variant_id": child(node, "variant").get("id"),
        "quantity": node.get("quantity"),
        "title": node.get("title"),
        "variant_title": node.get("variantTitle"),
        "sku": node.get("sku"),
        "vendor": node.get("vendor"),
        "gift_card": node.get("isGiftCard"),
        "price_set": _money(node.get("originalUnitPriceSet")),
        "discount_allocations": [
            {"amount_set": _money(one.get("allocatedAmountSet"))}
            for one in items(node, "discountAllocations")
        ],
    }


def _shipping_line(node: Payload) -> dict[str, Any]:
    return {
        "is_removed": node.get("isRemoved"),
        "price_set": _money(node.get("originalPriceSet")),
        "discounted_price_set": _money(node.get("discountedPriceSet")),
        "tax_lines": [{"price_set": _money(one.get("priceSet"))} for one in items(node, "taxLines")],
    }


def _fulfillment(node: Payload) -> dict[str, Any]:
    status, shipment_status = rest_status(str(node.get("displayStatus") or ""))
    if _lower(node.get("status")) in ("cancelled", "error", "failure"):
        status = _lower(node.get("status"))
    tracking = next(items(node, "trackingInfo"), {})
    return {
        "id": node.get("id"),
        "status": status,
        "shipment_status": shipment_status,
        "created_at": node.get("createdAt"),
        "updated_at": node.get("updatedAt"),
        "tracking_company": tracking.get("company"),
        "tracking_number": tracking.get("number"),
        "tracking_url": tracking.get("url"),
    }


def _consent(address: Payload) -> dict[str, Any]:
    return {
        "state": _lower(address.get("marketingState")),
        "opt_in_level": _lower(address.get("marketingOptInLevel")),
        "consent_updated_at": address.get("marketingUpdatedAt"),
        "consent_collected_from": _lower(address.get("marketingCollectedFrom")),
    }


def _money(found: Any) -> dict[str, Any]:
    return {
        rest: {"amount": money.get("amount"), "currency_code": money.get("currencyCode")}
        for rest, name in (("shop_money", "shopMoney"), ("presentment_money", "presentmentMoney"))
        if isinstance(found, dict) and (money := child(found, name))
    }


def _address(node: Payload) -> dict[str, Any]:
    if not node:
        return {}
    return {
        "country_code": node.get("countryCodeV2"),
        "province": node.get("province"),
        "city": node.get("city"),
        "zip": node.get("zip"),
    }


def _tags(node: Payload) -> str:
    found = node.get("tags")
    return ", ".join(str(tag) for tag in found) if isinstance(found, list) else ""


def _lower(value: Any) -> str:
    return value.lower() if isinstance(value, str) else ""


def refund_ids(node: Payload) -> list[str]:
    return [
        f"gid://shopify/Refund/{number}"
        for one in items(node, "refunds")
        if (number := number_of(one.get("id")))
    ]
