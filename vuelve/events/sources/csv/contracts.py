"""What the parts of an import hand to each other. No Django, no database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from vuelve.platform import limits


class Kind(StrEnum):
    """What the rows of a file are."""

    ORDERS = "orders"
    CUSTOMERS = "customers"
    PRODUCTS = "products"
    CONSENTS = "consents"


class Status(StrEnum):
    DRAFT = "draft"  # uploaded; the columns are not agreed yet
    CHECKING = "checking"  # the dry run is under way
    CHECKED = "checked"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # the file as a whole could not be read on; what was taken stays


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the file is written. `start` is the byte at which the header begins: after a byte order mark."""

    encoding: str
    delimiter: str
    start: int = 0
    is_encoding_guessed: bool = False


@dataclass(frozen=True, slots=True)
class Fingerprint:
    size_bytes: int
    sha256: str
    encoding: str
    start: int
    is_encoding_guessed: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row is not taken. `code` is stable; `reason` is for people."""

    code: str
    reason: str
    field: str = ""


@dataclass(slots=True)
class Row:
    """One record of the file: where it begins (byte, line from 1), and its cells or why it has none."""

    offset: int
    line: int
    cells: list[str]
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A row for the log; the columns of `pg_temp.event_staged`."""

    kind: int
    name: str
    occurred_at: datetime
    message_id: str
    user_id: str | None
    email: str | None
    properties: bytes
    phone: str | None = None  # E.164, of who has nothing else


@dataclass(slots=True)
class Unit:
    """What is taken or refused as one: a row, or all rows of an order. `key` guards against rows that lie apart."""

    rows: Sequence[Row]
    events: Sequence[Event] = ()
    refusal: Refusal | None = None
    refused_line: int = 0  # the row that spoils the unit
    key: str = ""
    is_skipped: bool = False


@dataclass(slots=True)
class Counts:
    """Rows of the file, and by event name how many were new and how many the log had already."""

    rows_read: int = 0
    rows_refused: int = 0
    rows_skipped: int = 0
    events_new: dict[str, int] = field(default_factory=dict)
    events_repeated: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    people: int = (
        0  # counted by dry runs: how many persons the file names, and how many of them are customers already
    )
    people_known: int = 0
    samples: list[dict[str, Any]] = field(default_factory=list)  # the first refusals, for people

    def add(self, other: "Counts") -> None:
        self.rows_read += other.rows_read
        self.rows_refused += other.rows_refused
        self.rows_skipped += other.rows_skipped
        self.people += other.people
        self.people_known += other.people_known
        for mine, theirs in (
            (self.events_new, other.events_new),
            (self.events_repeated, other.events_repeated),
            (self.reasons, other.reasons),
        ):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count
        self.samples += other.samples[: limits.IMPORT_ERRORS_SHOWN_MAX - len(self.samples)]

    def as_json(self) -> dict[str, Any]:
        """To be kept: without what the file says, since that may name people."""
        kept = [{name: value for name, value in each.items() if name != "reason"} for each in self.samples]
        return self.as_summary() | {"samples": kept}

    def as_summary(self) -> dict[str, Any]:
        return {
            "rows_read": self.rows_read,
            "rows_refused": self.rows_refused,
            "rows_skipped": self.rows_skipped,
            "events_new": self.events_new,
            "events_repeated": self.events_repeated,
            "reasons": self.reasons,
            "people": self.people,
            "people_known": self.people_known,
            "samples": self.samples,
        }
