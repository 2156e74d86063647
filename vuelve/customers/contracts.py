"""What crosses the border of this package; no Django."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple

from vuelve.platform.ids import CustomerId

SOURCE = "customers"  # of the events that this package records

# Recorded once for each customer that was merged into another, properties {from_id, into_id}. It is stamped with
# from_id, so that it is in the same shard as, and behind, every event that was ever stamped with that id.
CUSTOMERS_MERGED = "Customers Merged"
CONSENT_GRANTED = "Consent Granted"
CONSENT_REVOKED = "Consent Revoked"


class IdentifierKind(IntEnum):
    """The stronger the lower: an event belongs to the customer of its strongest identifier."""

    USER = 1
    EMAIL = 2
    PHONE = 3
    ANONYMOUS = 4


class Identifier(NamedTuple):
    shop: int
    kind: int
    value: str


class ConsentChannel(StrEnum):
    EMAIL = "email"
    SMS = "sms"
    WHATSAPP = "whatsapp"
    RCS = "rcs"
    PUSH = "push"
    IN_APP = "in_app"


class ConsentPurpose(StrEnum):
    """What a customer may agree to. Transactional messages need no consent."""

    MARKETING = "marketing"
    LOYALTY = "loyalty"
    SURVEY = "survey"


@dataclass(frozen=True, slots=True)
class Consent:
    """A decision that holds at present."""

    customer: CustomerId
    channel: str
    purpose: str
    is_granted: bool
    decided_at: datetime
    source: str
    wording: str
