"""What crosses the border of this package; no Django."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from vuelve.platform.ids import ShopId


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What data-plane code needs of a shop."""

    id: ShopId
    slug: str
    name: str
    country: str
    currency: str
    time_zone: str
    locale: str
    sender: str  # as in an e-mail's From: `Name <address>`
    signing_key: str
    stays_here: bool  # a sandbox or the demo: its messages go to the mailbox, whatever the settings say

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Whose key it is, and what it may do."""

    shop: ShopId
    is_secret: bool
    orders_need_secret_key: bool  # the shop's choice
    scopes: frozenset[str] | None = None  # None: everything that a key of its kind may do

    def may(self, scope: str) -> bool:
        return self.scopes is None or scope in self.scopes


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key in clear; it exists only in this object, the database keeps a hash."""

    secret: str
    hint: str
