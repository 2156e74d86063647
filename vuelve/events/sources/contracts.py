"""What crosses between the parts of this folder; no Django."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from vuelve.platform import vault
from vuelve.platform.ids import ShopId
from vuelve.platform.stores import StoreAccess, StoreKind, StoreWindow


class StoreState(StrEnum):
    CHECKING = "checking"  # just connected: its token is being tried
    CONNECTED = "connected"
    REFUSED = "refused"  # the store turned our token away; `problem` says why
    UNINSTALLED = "uninstalled"  # the app was removed over there
    DISCONNECTED = "disconnected"  # by a member, here


def problem(code: str, detail: str = "") -> str:
    """What went wrong, as it is kept: a code that pages have words for, and the detail in the words of who said it."""
    return f"{code}|{detail.strip()[:500]}"


OPEN_STATES = (StoreState.CHECKING, StoreState.CONNECTED, StoreState.REFUSED)


class WebhookState(StrEnum):
    TAKEN = "taken"
    SKIPPED = "skipped"  # understood, and nothing to keep: a test order
    UNKNOWN = "unknown"  # a topic that has no meaning here
    FAILED = "failed"  # could not be mapped; the body is kept, and it can be retried


class BackfillState(StrEnum):
    WAITING = "waiting"
    PREPARING = "preparing"  # over there
    READING = "reading"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


UNDER_WAY = (BackfillState.WAITING, BackfillState.PREPARING, BackfillState.READING)


@dataclass(frozen=True, slots=True)
class Store:
    shop_id: ShopId
    id: int
    source: str
    domain: str
    name: str
    currency: str
    state: StoreState
    problem: str
    api_version: str
    scopes: tuple[str, ...]
    missing_scopes: tuple[str, ...]
    topics: tuple[str, ...]
    connected_at: datetime
    checked_at: datetime | None
    reconciled_at: datetime | None
    erase_due_at: datetime | None
    secret_before_until: datetime | None
    sealed_address: str = field(repr=False)
    sealed_token: str = field(repr=False)
    sealed_secret: str = field(repr=False)
    sealed_secret_before: str = field(repr=False)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def access(self) -> StoreAccess:
        return StoreAccess(
            domain=self.domain,
            api_version=self.api_version,
            token=vault.unseal(self.sealed_token),
            secret=vault.unseal(self.sealed_secret),
        )

    def secrets(self, now: datetime) -> list[str]:
        """What signatures may be made with: the secret, and for a while after a change the one before."""
        found = [vault.unseal(self.sealed_secret)]
        if self.sealed_secret_before and self.secret_before_until and now < self.secret_before_until:
            found.append(vault.unseal(self.sealed_secret_before))
        return found


@dataclass(frozen=True, slots=True)
class Backfill:
    shop_id: ShopId
    id: int
    store_id: int
    kind: StoreKind
    since: datetime | None
    until: datetime | None
    state: BackfillState
    operation: str
    sealed_url: str = field(repr=False)
    is_partial: bool
    position: str
    expected: int
    objects: int
    events: int
    skipped: int
    failed: int
    attempts: int
    problem: str
    asked_by: str
    asked_at: datetime
    moved_at: datetime

    @property
    def window(self) -> StoreWindow:
        return StoreWindow(since=self.since, until=self.until)

    @property
    def percent(self) -> int | None:
        return min(100 * self.objects // self.expected, 100) if self.expected else None
