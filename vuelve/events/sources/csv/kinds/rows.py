"""What the kinds share: cells to fields, and units of one row."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from vuelve.events.contracts import Kind as EventKind
from vuelve.events.sources.csv.contracts import Event, Refusal, Row, Unit
from vuelve.events.sources.csv.mapping import Cell, Plan
from vuelve.events.sources.csv.values import BadCellError
from vuelve.platform import limits
from vuelve.platform.phones import phone_e164

IDENTIFY = EventKind.IDENTIFY
TRACK = EventKind.TRACK
SOURCE = "csv"

_encode = msgspec.json.Encoder().encode


class RefusedError(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


class Assembler(Protocol):
    """Makes units of rows. What it holds back begins at `held`: from there the file is read again after a crash."""

    @property
    def held(self) -> Row | None: ...

    @property
    def can_stop(self) -> bool: ...

    def take(self, row: Row) -> Iterator[Unit]: ...

    def finish(self) -> Iterator[Unit]: ...


class Single:
    """Each row by itself."""

    held: Row | None = None
    can_stop = True

    def __init__(self, plan: Plan, make: Callable[[Plan, Row], Unit]) -> None:
        self._plan = plan
        self._make = make

    def take(self, row: Row) -> Iterator[Unit]:
        refusal = refusal_of(row, self._plan)
        if refusal:
            yield Unit([row], refusal=refusal, refused_line=row.line)
        elif is_skipped(row, self._plan):
            yield Unit([row], is_skipped=True)
        else:
            try:
                yield self._make(self._plan, row)
            except RefusedError as refused:
                yield Unit([row], refusal=refused.refusal, refused_line=row.line)

    def finish(self) -> Iterator[Unit]:
        return iter(())


def refusal_of(row: Row, plan: Plan) -> Refusal | None:
    """Why the row cannot be read at all. Empty cells past the header are dropped."""
    if row.refusal:
        return row.refusal
    width = len(plan.header)
    if len(row.cells) == width:
        return None
    if len(row.cells) > width and not any(row.cells[width:]):
        del row.cells[width:]
        return None
    return Refusal("ragged_row", f"The row has {len(row.cells)} cells where the header has {width}.")


def is_skipped(row: Row, plan: Plan) -> bool:
    return any(row.cells[index].strip().casefold() in words for index, words in plan.skip)


def read(
    cells: Sequence[Cell], row: Sequence[str], into: dict[str, Any], header: Sequence[str]
) -> dict[str, Any]:
    """The fields that the row fills. Raises RefusedError with the name of the column."""
    for cell in cells:
        text = row[cell.index].strip()
        if text:
            if cell.parse is None:
                into[cell.field] = text
                continue
            try:
                into[cell.field] = cell.parse(text)
            except BadCellError as bad:
                raise RefusedError(Refusal(bad.code, bad.reason, header[cell.index])) from None
    return into


def event(
    kind: EventKind, name: str, at: datetime, message_id: str, who: "Who", properties: Mapping[str, Any]
) -> Event:
    """Raises RefusedError for an event past the log's bound."""
    if who.phone and "phone" not in properties:
        properties = {**properties, "phone": who.phone}
    encoded = _encode(properties)
    if len(encoded) > limits.EVENT_BYTES_MAX:
        raise RefusedError(
            Refusal("event_too_large", f"The row has {len(encoded):,} bytes, too many for one event.")
        )
    return Event(kind, name, at, message_id, who.user_id, who.email, encoded, who.phone)


class Who(msgspec.Struct, frozen=True):
    """Whose a row is. A phone is for the message id and for checking: identity lifts it from the properties."""

    user_id: str | None = None
    email: str | None = None
    phone: str | None = None

    @property
    def key(self) -> str:
        """The strongest identifier, for message ids."""
        return self.user_id or self.email or self.phone or ""


NOBODY = Who()


def who(fields: Mapping[str, Any], country: str) -> Who:
    """Whose the row is. Raises RefusedError `identity_missing`, `bad_phone`."""
    user_id, email = fields.get("user_id"), fields.get("email")
    if user_id or email:
        return Who(user_id, email)
    phone = fields.get("phone")
    if not phone:
        raise RefusedError(
            Refusal("identity_missing", "The row does not say whose it is: no id, no e-mail, no phone.")
        )
    stated = fields.get("country", "")
    if (number := phone_e164(phone, stated.upper() if len(stated) == 2 else country)) is None:
        raise RefusedError(Refusal("bad_phone", f"`{phone[:40]}` is no telephone number."))
    return Who(phone=number)


def short_hash(value: Any) -> str:
    """Tells one content from another, in message ids: what is the same vanishes, what has changed is taken."""
    return hashlib.blake2b(_encode(value), digest_size=9).hexdigest()


def once(*parts: str) -> str:
    """A message id, `csv:...`; long ones keep their beginning and gain a hash."""
    text = ":".join((SOURCE, *parts))
    if len(text) <= limits.MESSAGE_ID_CHARS_MAX:
        return text
    return f"{text[:70]}:{short_hash(text)}"
