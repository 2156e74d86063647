"""The contract of `sources/<name>/`: a store whose customers, orders and products come in.

A part of `extension.py` with a file of its own; how to add one: docs/howto/add-a-source.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from django.utils.functional import Promise

from vuelve.platform.db import Cursor
from vuelve.platform.ids import ShopId

Text = str | Promise


class StoreKind(StrEnum):
    """What is counted, fetched and reconciled."""

    ORDERS = "orders"
    CUSTOMERS = "customers"
    PRODUCTS = "products"


@dataclass(frozen=True, slots=True)
class StoreAccess:
    """What an adapter needs to call its store: what its connect form asked for. Never logged."""

    domain: str
    api_version: str
    token: str = field(repr=False)
    secret: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What a store says of itself when it is connected."""

    name: str
    currency: str
    scopes: tuple[str, ...]
    missing_scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook's own account of itself: `key` is the same for each attempt to deliver it."""

    key: str
    topic: str
    domain: str
    triggered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reception:
    """When and how a payload came, for what depends on it: whether an event is history."""

    received_at: datetime
    connected_at: datetime
    domain: str = ""
    is_backfill: bool = False
    triggered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoreEvent:
    """An event for the log. `message_id` comes from the store's own ids: a webhook and a backfill say the same one."""

    name: str
    at: datetime
    message_id: str
    properties: Mapping[str, Any]
    is_identify: bool = False
    user_id: str | None = None
    anonymous_id: str | None = None
    email: str | None = None
    phone: str | None = None
    order_id: str = ""  # of what comes with no more than that: whose the order is, it is, if that is known
    historical: bool = False


@dataclass(frozen=True, slots=True)
class StoreSeen:
    """One thing of a store, for reconciliation. `object_id` as our tables know it; the newest `at` has the status."""

    kind: StoreKind
    object_id: str
    at: datetime
    created_at: datetime | None = None
    status: str = ""
    is_gone: bool = False
    user_id: str | None = None  # of orders: whose they are
    email: str | None = None
    phone: str | None = None


class StoreRequestKind(StrEnum):
    """What the law lets a store ask in the name of a customer, or for itself."""

    EXPORT = "export"
    ERASE_CUSTOMER = "erase_customer"
    ERASE_SHOP = "erase_shop"


@dataclass(frozen=True, slots=True)
class StoreRequest:
    kind: StoreRequestKind
    user_id: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a payload means. All empty and `skipped` set: it was understood, and there is nothing to keep."""

    events: Sequence[StoreEvent] = ()
    seen: Sequence[StoreSeen] = ()
    requests: Sequence[StoreRequest] = ()
    skipped: str = ""
    is_uninstall: bool = False


@dataclass(frozen=True, slots=True)
class StoreWindow:
    """Which part of a store: created within [since, until); None is open."""

    since: datetime | None = None
    until: datetime | None = None
    status: str = ""


class FetchState(StrEnum):
    PREPARING = "preparing"  # the store is at it; ask again
    READY = "ready"
    PARTIAL = "partial"  # the store gave up, but hands out what it had
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FetchStatus:
    state: FetchState
    url: str = ""
    objects: int = 0
    reason: str = ""


class FetchExpiredError(Exception):
    """The address of a file does not work any more: the operation must be begun again."""


class FetchCutError(Exception):
    """A file ends in the middle of an object, as that of an operation that was given up may."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Objects in a row, as (topic, payload) that `map` takes; `position` is where to go on after them."""

    payloads: Sequence[tuple[str, Mapping[str, Any]]]
    position: str


class StoreSource(Protocol):
    """A kind of store. What calls the outside raises platform.errors Retryable or Permanent, and holds no transaction."""

    name: ClassVar[
        str
    ]  # the `source` of its events, the prefix of its user ids, a part of the address of its webhooks
    label: Text
    api_version: ClassVar[str]
    guide: ClassVar[str]  # a template: what to click in the store's back office

    def check_domain(self, text: str) -> str:
        """The store's domain in its one spelling; raises VuelveError `store_domain` for anything else."""
        ...

    def verify(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
        """Is the signature right, for these very bytes? In constant time."""
        ...

    def delivery(self, headers: Mapping[str, str], body: bytes) -> Delivery: ...

    def topics(self) -> frozenset[str]:
        """The topics that `map` knows."""
        ...

    def stays_open_for(self, topic: str) -> bool:
        """Is the topic answered although the store is disconnected? (The privacy requests come after that.)"""
        ...

    def map(self, topic: str, payload: Mapping[str, Any], reception: Reception) -> Mapped:
        """Pure. The order of deliveries never matters. Raises VuelveError for a payload that cannot be right."""
        ...

    def facts(self, access: StoreAccess) -> StoreFacts: ...

    def register(self, access: StoreAccess, address: str) -> Sequence[str]:
        """Subscribe the address to every topic that can be, and to none twice; returns the topics it has now."""
        ...

    def unregister(self, access: StoreAccess, address: str) -> None: ...

    def begin(self, access: StoreAccess, kind: StoreKind, window: StoreWindow) -> str:
        """Ask for everything of a kind; returns what `status` and `fetch` are asked with. Begun twice: the same one."""
        ...

    def status(self, access: StoreAccess, operation: str) -> FetchStatus: ...

    def fetch(
        self, access: StoreAccess, kind: StoreKind, url: str, position: str, *, is_whole: bool
    ) -> Iterator[Chunk]:
        """From `position` ('' is the start) to the end, in bounded memory; of what is not whole, no object that may
        lack a part. Raises FetchExpiredError, FetchCutError.
        """
        ...

    def counts(
        self, access: StoreAccess, kind: StoreKind, windows: Sequence[StoreWindow]
    ) -> Sequence[int | None]:
        """How many there are in each window; None where the store does not say."""
        ...


class StoreHoldings(Protocol):
    """Which of a store's things our tables hold: the far end of reconciliation, in the package that owns them."""

    kind: ClassVar[StoreKind]

    def mark(self, cursor: Cursor, shop: ShopId) -> None:
        """Set `is_held` of the rows of `pg_temp.store_object (object_id, is_held)` that are there."""
        ...


class PrivacyDesk(Protocol):
    """Who takes the privacy requests that a store passes on. A repeat changes nothing."""

    def request_export(
        self,
        *,
        shop: ShopId,
        user_id: str | None,
        email: str | None,
        phone: str | None,
        source: str,
        now: datetime,
    ) -> None: ...

    def request_erasure(
        self,
        *,
        shop: ShopId,
        user_id: str | None,
        email: str | None,
        phone: str | None,
        source: str,
        now: datetime,
    ) -> None: ...

    def erase_shop(self, *, shop: ShopId, source: str) -> None: ...
