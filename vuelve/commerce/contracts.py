"""What crosses the border of this package; no Django."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from vuelve.platform.ids import CustomerId

COUPON_VALID_DAYS_DEFAULT = 7
COUPON_VALID_DAYS_MAX = 730  # two years: longer than that no offer is "for a limited time"

CART_ABANDONED_MINUTES_DEFAULT = 60
CART_ABANDONED_MINUTES_MIN = 15  # sooner, people are still looking for their card
CART_ABANDONED_MINUTES_MAX = 10_080  # a week

# Events about carts and checkouts.
CART_EVENTS = (
    "Cart Updated",
    "Cart Viewed",
    "Checkout Started",
    "Checkout Updated",
    "Product Added",
    "Product Removed",
)


class Milestone(IntEnum):
    """The stages of a shipment; they only move forward. `key` is what events call them."""

    CONFIRMED = 1
    PACKED = 2
    IN_TRANSIT = 3
    OUT_FOR_DELIVERY = 4
    DELIVERED = 5

    @property
    def key(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class CouponTerms:
    """What a coupon gives: `percent` off, or `amount_minor` of `currency` off; and for how many local days."""

    percent: int | None = None
    amount_minor: int | None = None
    currency: str | None = None
    valid_days: int = COUPON_VALID_DAYS_DEFAULT


@dataclass(frozen=True, slots=True)
class Coupon:
    code: str
    customer: CustomerId
    percent: int | None
    amount_minor: int | None
    currency: str | None
    issued_at: datetime
    expires_at: datetime  # the first instant at which it is no longer valid
    redeemed_at: datetime | None = None
    redeemed_order_id: str | None = None
