"""What becomes of messages, written for a whole batch at once: rows, and the events that tell of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import msgspec
import psycopg

from vuelve.channels import rules
from vuelve.channels.contracts import RETRIES_EXHAUSTED
from vuelve.events import services as events
from vuelve.platform import limits
from vuelve.platform.db import Cursor, Statements, copy_rows
from vuelve.platform.extension import SendResult, SendState

SQL = Statements(__file__)
SOURCE = "channels"

_COLUMNS = (
    "shop_id, customer_id, id, owner_id, was_claimed_at, status, reason, due_at, address, locale, subject, provider, "
    "provider_message_id, data, attempts, claimed_at, sent_at, finished_at"
)


@dataclass(slots=True)
class Outcome:
    """A row of `pg_temp.message_outcome`; None leaves the message's value."""

    shop_id: int
    customer_id: int
    id: int
    owner_id: int
    status: str
    was_claimed_at: datetime | None = None
    reason: str | None = None
    due_at: datetime | None = None
    address: str | None = None
    locale: str | None = None
    subject: str | None = None
    provider: str | None = None
    provider_message_id: str | None = None
    data: str | None = None
    attempts: int | None = None
    claimed_at: datetime | None = None
    sent_at: datetime | None = None
    finished_at: datetime | None = None

    def finish(self, result: SendResult, *, attempts: int, now: datetime) -> None:
        """Fill in what a provider answered to the `attempts`-th try."""
        self.attempts = attempts
        self.provider_message_id = result.provider_message_id or None
        self.reason = result.reason or None
        self.status = result.state.value
        self.claimed_at = self.was_claimed_at  # kept: an answer that comes late still finds its claim
        match result.state:
            case SendState.ACCEPTED | SendState.DELIVERED:
                self.sent_at = self.finished_at = now
                self.reason = None
            case SendState.FAILED | SendState.UNKNOWN:
                self.finished_at = now
            case SendState.RETRY if attempts >= limits.SEND_ATTEMPTS_MAX:
                self.status, self.finished_at = SendState.FAILED.value, now
                self.reason = rules.reason(RETRIES_EXHAUSTED, result.reason)
            case SendState.RETRY:
                self.status, self.claimed_at = "queued", None
                self.due_at = now + rules.retry_after(attempts, result.after_seconds)


Result = TypeVar("Result")


def with_months(work: Callable[[], Result], *, now: datetime) -> Result:
    """Do a transaction's work, once more if the log had no partition for this month: its worker has been down."""
    try:
        return work()
    except psycopg.errors.CheckViolation as error:
        if "no partition" not in str(error):
            raise
    events.ensure_months(now=now, months_ahead=1)
    return work()


def open_outcomes(cursor: Cursor) -> None:
    cursor.execute(SQL["open_outcomes"])
    cursor.execute("SELECT vuelve_clear('pg_temp.message_outcome')")


def stage_outcomes(cursor: Cursor, outcomes: Sequence[Outcome]) -> None:
    if outcomes:
        copy_rows(cursor, f"message_outcome ({_COLUMNS})", (_row(outcome) for outcome in outcomes))


def settle(cursor: Cursor, *, now: datetime) -> None:
    """Write what is staged, with its events, in the caller's transaction."""
    events.open_staging(cursor)
    cursor.execute(SQL["settle"], {"now": now})
    if cursor.rowcount:
        events.record_staged(cursor, now=now, source=SOURCE)


def _row(o: Outcome) -> tuple[object, ...]:
    return (
        o.shop_id, o.customer_id, o.id, o.owner_id, o.was_claimed_at, o.status, o.reason, o.due_at, o.address, o.locale,
        o.subject, o.provider, o.provider_message_id, o.data, o.attempts, o.claimed_at, o.sent_at, o.finished_at,
    )  # fmt: skip


def as_json(data: object) -> str:
    """A snapshot for a jsonb column. jsonb has no NUL: events may carry one, in JSON's own notation."""
    text = msgspec.json.encode(data).decode()
    if "\\u0000" in text:
        text = msgspec.json.encode(_without_nul(data)).decode()
    return text


def _without_nul(value: object) -> object:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, dict):
        return {str(key).replace("\x00", ""): _without_nul(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nul(item) for item in value]
    return value
