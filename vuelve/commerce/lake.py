"""Orders and what belongs to them, for the lake. Amounts are in minor units of their currency."""

from vuelve.platform.extension import LakeTable, LakeType

_W = LakeType.WHOLE
_S = LakeType.SMALL
_T = LakeType.TEXT
_B = LakeType.BOOLEAN
_I = LakeType.TIME
_D = LakeType.DAY

LAKE = (
    LakeTable(
        "orders",
        "commerce_order",
        {
            "order_id": _T,
            "order_number": _T,
            "ordered_at": _I,
            "currency": _T,
            "subtotal_minor": _W,
            "discount_minor": _W,
            "shipping_minor": _W,
            "tax_minor": _W,
            "total_minor": _W,
            "refunded_minor": _W,
            "paid_minor": _W,
            "coupon_code": _T,
            "status": _T,
            "payment_state": _T,
            "payment_method": _T,
            "cancelled_at": _I,
            "delivered_at": _I,
            "cart_id": _T,
            "historical": _B,
        },
    ),
    LakeTable(
        "order_keys",
        "commerce_order_key",
        {
            "order_id": _T,
        },
        is_indexed=False,
    ),
    LakeTable(
        "items",
        "commerce_item",
        {
            "order_id": _T,
            "line": _S,
            "ordered_at": _I,
            "product_id": _T,
            "category": _T,
            "variant": _T,
            "quantity": _S,
            "refunded_quantity": _S,
            "price_minor": _W,
            "amount_minor": _W,
            "refunded_minor": _W,
        },
    ),
    LakeTable(
        "bought",
        "commerce_bought",
        {
            "order_id": _T,
            "line": _S,
            "ordered_at": _I,
            "sku": _T,
            "brand": _T,
            "quantity": _S,
            "refunded_quantity": _S,
        },
    ),
    LakeTable(
        "carts",
        "commerce_cart",
        {
            "cart_id": _T,
            "last_at": _I,
            "state": _T,
            "order_id": _T,
            "abandoned_at": _I,
            "currency": _T,
            "value_minor": _W,
            "quantity": _S,
        },
    ),
    LakeTable(
        "shipments",
        "commerce_shipment",
        {
            "order_id": _T,
            "shipment_id": _T,
            "milestone": _S,
            "carrier": _T,
            "status": _T,
            "eta_date": _D,
            "updated_at": _I,
            "delivered_at": _I,
            "pickup_at": _I,
            "problem": _T,
            "problem_at": _I,
        },
    ),
    LakeTable(
        "coupons",
        "commerce_coupon",
        {
            "code": _T,
            "percent": _S,
            "amount_minor": _W,
            "currency": _T,
            "issued_at": _I,
            "expires_at": _I,
            "redeemed_at": _I,
            "redeemed_order_id": _T,
        },
    ),
)
