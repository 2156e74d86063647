"""What crosses the border of this package; no Django."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from zoneinfo import ZoneInfo

from vuelve.platform.ids import CustomerId, ShopId

POINTS = "points"  # the unit of a programme's points

# Nobody earns as much; past it sums of a million customers would leave 64 bits.
POINTS_MAX = 1_000_000_000
KEY_CHARS_MAX = 200
NOTE_CHARS_MAX = 500

# Points that are given back after they had expired, or shortly before, can be spent for so many days.
GIVEN_BACK_DAYS = 30
# How many days before points expire it is told.
WARNING_DAYS = (30, 7)

POINTS_EARNED = "Points Earned"
POINTS_RELEASED = "Points Released"
POINTS_REDEEMED = "Points Redeemed"
POINTS_RETURNED = "Points Returned"
POINTS_WITHDRAWN = "Points Withdrawn"
POINTS_EXPIRED = "Points Expired"
POINTS_ADJUSTED = "Points Adjusted"
POINTS_EXPIRING = "Points Expiring"
EVENTS = frozenset(
    {
        POINTS_EARNED,
        POINTS_RELEASED,
        POINTS_REDEEMED,
        POINTS_RETURNED,
        POINTS_WITHDRAWN,
        POINTS_EXPIRED,
        POINTS_ADJUSTED,
        POINTS_EXPIRING,
    }
)


class Account(IntEnum):
    """Between which accounts a posting moves points: two of a customer's, and the programme's own."""

    BALANCE = 1  # the customer's, to spend
    PENDING = 2  # the customer's, not to be spent yet
    ISSUED = 11
    REDEEMED = 12
    EXPIRED = 13
    WITHDRAWN = 14
    ADJUSTED = 15
    MOVED = 16  # between two customers who are one, or no longer


class TransferKind(IntEnum):
    AWARDED = 1
    REDEEMED = 2
    WITHDRAWN = 3  # taken back because of a refund, a cancellation or a mistake
    EXPIRED = 4
    ADJUSTED = 5  # by hand
    RELEASED = 6  # pending points become spendable
    RETURNED = 7  # a redemption, or what was taken by hand, given back
    MOVED = 8


class ExpiryKind(StrEnum):
    NEVER = "never"
    INACTIVITY = "inactivity"  # so many months after the last earning or spending
    AGE = "age"  # so many months after they were earned, at the end of that month
    FIXED_DAY = "fixed_day"  # each year on one day


@dataclass(frozen=True, slots=True)
class Terms:
    """What a programme promises: `rate_points` for each full `rate_minor` of eligible spend, in one currency."""

    shop: ShopId
    zone: ZoneInfo
    currency: str
    rate_points: int
    rate_minor: int
    includes_shipping: bool
    includes_tax: bool
    approval_days: int
    expiry: ExpiryKind
    expiry_months: int
    expiry_month: int
    expiry_day: int
    allows_debt: bool
    counts_history: bool
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Award:
    """Points for a customer. `key` names the reason once and for all: the same again changes nothing."""

    customer: CustomerId
    points: int
    key: str
    reference: str = ""  # what it is for, in the shop's words or as an id
    note: str = ""
    actor: str = ""
    node: CustomerId | None = None  # the profile that earned it, if others count for the customer


@dataclass(frozen=True, slots=True)
class Posted:
    """A transfer that stands in the ledger. `is_new` is false for a repeat; `balance` is what the customer has now."""

    transfer: int
    points: int
    balance: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Balance:
    """`spendable` may be below zero where a programme allows debts."""

    spendable: int = 0
    pending: int = 0
    earned: int = 0
    redeemed: int = 0
    expiring: int = 0  # of what expires next
    expires_at: datetime | None = None
