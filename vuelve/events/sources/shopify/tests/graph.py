"""The recorded webhooks as GraphQL's bulk files hold them: the same store, seen the other way."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from vuelve.events.sources.shopify.reading import number_of


def gid(kind: str, value: Any) -> str | None:
    number = number_of(value)
    return f"gid://shopify/{kind}/{number}" if number else None


def order_lines(order: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """An order's lines of the file: itself, then what is nested."""
    parent = gid("Order", order["id"])
    yield {
        "id": parent,
        "name": order["name"],
        "createdAt": _utc(order["created_at"]),
        "processedAt": _utc(order["processed_at"]),
        "updatedAt": _utc(order["updated_at"]),
        "cancelledAt": _utc(order["cancelled_at"]),
        "cancelReason": _upper(order["cancel_reason"]),
        "test": order["test"],
        "sourceName": order["source_name"],
        "tags": _list(order["tags"]),
        "email": order["email"],
        "phone": order["phone"],
        "customerLocale": order["customer_locale"],
        "currencyCode": order["currency"],
        "presentmentCurrencyCode": order["presentment_currency"],
        "taxesIncluded": order["taxes_included"],
        "displayFinancialStatus": _upper(order["financial_status"]),
        "displayFulfillmentStatus": {None: "UNFULFILLED", "partial": "PARTIALLY_FULFILLED"}.get(
            order["fulfillment_status"], _upper(order["fulfillment_status"])
        ),
        "paymentGatewayNames": order["payment_gateway_names"],
        "discountCodes": [one["code"] for one in order["discount_codes"]],
        "totalPriceSet": _money(order["total_price_set"]),
        "subtotalPriceSet": _money(order["subtotal_price_set"]),
        "totalTaxSet": _money(order["total_tax_set"]),
        "totalDiscountsSet": _money(order["total_discounts_set"]),
        "totalTipReceivedSet": {
            "shopMoney": {"amount": order["total_tip_received"], "currencyCode": order["currency"]}
        },
        "totalOutstandingSet": {
            "shopMoney": {"amount": order["total_outstanding"], "currencyCode": order["currency"]}
        },
        "customer": customer_node(order["customer"]) if order["customer"] else None,
        "shippingAddress": _address(order["shipping_address"]),
        "billingAddress": _address(order["billing_address"]),
        "fulfillments": [_fulfillment(one) for one in order["fulfillments"]],
        "refunds": [{"id": gid("Refund", one["id"])} for one in order["refunds"]],
    }
    for line in order["line_items"]:
        yield {
            "id": gid("LineItem", line["id"]),
            "quantity": line["quantity"],
            "title": line["title"],
            "variantTitle": line["variant_title"],
            "sku": line["sku"],
            "vendor": line["vendor"],
            "isGiftCard": line["gift_card"],
            "product": {"id": gid("Product", line["product_id"])},
            "variant": {"id": gid("ProductVariant", line["variant_id"])},
            "originalUnitPriceSet": _money(line["price_set"]),
            "discountAllocations": [
                {"allocatedAmountSet": _money(one["amount_set"])} for one in line["discount_allocations"]
            ],
            "__parentId": parent,
        }
    for line in order["shipping_lines"]:
        yield {
            "id": gid("ShippingLine", line["id"]),
            "isRemoved": line["is_removed"],
            "originalPriceSet": _money(line["price_set"]),
            "discountedPriceSet": _money(line["discounted_price_set"]),
            "taxLines": [{"priceSet": _money(one["price_set"])} for one in line["tax_lines"]],
            "__parentId": parent,
        }


def refund_node(refund: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": gid("Refund", refund["id"]),
        "createdAt": _utc(refund["created_at"]),
        "note": refund["note"],
        "order": {"id": gid("Order", refund["order_id"])},
        "refundLineItems": {
            "nodes": [
                {
                    "quantity": line["quantity"],
                    "lineItem": {
                        "id": gid("LineItem", line["line_item_id"]),
                        "product": {"id": gid("Product", line["line_item"]["product_id"])},
                    },
                    "subtotalSet": _money(line["subtotal_set"]),
                    "totalTaxSet": _money(line["total_tax_set"]),
                }
                for line in refund["refund_line_items"]
            ]
        },
        "transactions": {
            "nodes": [
                {
                    "kind": _upper(one["kind"]),
                    "status": _upper(one["status"]),
                    "amountSet": {
                        # What was charged in dollars is known in pesos, too.
                        "shopMoney": {
                            "amount": str(float(one["amount"]) * (20 if one["currency"] == "USD" else 1)),
                            "currencyCode": "MXN",
                        },
                        "presentmentMoney": {"amount": one["amount"], "currencyCode": one["currency"]},
                    },
                }
                for one in refund["transactions"]
            ]
        },
    }


def customer_node(customer: Mapping[str, Any]) -> dict[str, Any]:
    email, sms = customer["email_marketing_consent"], customer["sms_marketing_consent"]
    return {
        "id": gid("Customer", customer["id"]),
        "createdAt": _utc(customer["created_at"]),
        "updatedAt": _utc(customer["updated_at"]),
        "firstName": customer["first_name"],
        "lastName": customer["last_name"],
        "tags": _list(customer["tags"]),
        "locale": customer.get("locale"),
        "defaultEmailAddress": {
            "emailAddress": customer["email"],
            "marketingState": _upper(email["state"]),
            "marketingOptInLevel": _upper(email["opt_in_level"]),
            "marketingUpdatedAt": _utc(email["consent_updated_at"]),
        },
        "defaultPhoneNumber": {
            "phoneNumber": customer["phone"],
            "marketingState": _upper(sms["state"]),
            "marketingOptInLevel": _upper(sms["opt_in_level"]),
            "marketingUpdatedAt": _utc(sms["consent_updated_at"]),
            "marketingCollectedFrom": sms.get("consent_collected_from"),
        },
        "defaultAddress": _address(customer["default_address"]),
    }


def product_lines(product: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    parent = gid("Product", product["id"])
    yield {
        "id": parent,
        "title": product["title"],
        "handle": product["handle"],
        "vendor": product["vendor"],
        "productType": product["product_type"],
        "status": _upper(product["status"]),
        "tags": _list(product["tags"]),
        "createdAt": _utc(product["created_at"]),
        "updatedAt": _utc(product["updated_at"]),
        "category": product["category"],
    }
    for image in product["images"]:
        yield {"id": gid("ProductImage", image["id"]), "url": image["src"], "__parentId": parent}
    for variant in product["variants"]:
        yield {
            "id": gid("ProductVariant", variant["id"]),
            "sku": variant["sku"],
            "title": variant["title"],
            "price": variant["price"],
            "inventoryQuantity": variant["inventory_quantity"],
            "__parentId": parent,
        }


def as_file(lines: Iterator[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)


def _fulfillment(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": gid("Fulfillment", one["id"]),
        "status": _upper(one["status"]),
        "displayStatus": _upper(one["shipment_status"]) or "FULFILLED",
        "createdAt": _utc(one["created_at"]),
        "updatedAt": _utc(one["updated_at"]),
        "trackingInfo": [
            {"company": one["tracking_company"], "number": one["tracking_number"], "url": one["tracking_url"]}
        ],
    }


def _money(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {"amount": found[rest]["amount"], "currencyCode": found[rest]["currency_code"]}
        for rest, name in (("shop_money", "shopMoney"), ("presentment_money", "presentmentMoney"))
    }


def _address(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not found:
        return None
    return {
        "countryCodeV2": found["country_code"],
        "province": found["province"],
        "city": found["city"],
        "zip": found["zip"],
    }


def _utc(value: Any) -> Any:
    """GraphQL writes UTC where REST writes the store's zone."""
    from datetime import UTC, datetime

    return datetime.fromisoformat(value).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


def _upper(value: Any) -> Any:
    return value.upper() if value else None


def _list(tags: str) -> list[str]:
    return [tag.strip() for tag in tags.split(",") if tag.strip()]
