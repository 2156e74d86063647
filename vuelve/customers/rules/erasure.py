"""How erased people are known again, and what may still be taken from events that name them."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from vuelve.customers.contracts import IdentifierKind

_BLOCK_BYTES = 64  # of SHA-256


class HashKey(NamedTuple):
    """An HMAC key as the two blocks of RFC 2104, with which PostgreSQL computes the same hash from sha256() alone."""

    inner: bytes
    outer: bytes


def hash_key(signing_key: str) -> HashKey:
    """A shop's key for this purpose only."""
    key = _derived(signing_key).ljust(_BLOCK_BYTES, b"\0")
    return HashKey(bytes(b ^ 0x36 for b in key), bytes(b ^ 0x5C for b in key))


def hash_identifier(signing_key: str, kind: int, value: str) -> str:
    return hmac.new(_derived(signing_key), f"{int(kind)}:{value}".encode(), hashlib.sha256).hexdigest()


def _derived(signing_key: str) -> bytes:
    return hashlib.sha256(b"vuelve erased people\0" + signing_key.encode()).digest()


class Verdict(StrEnum):
    TAKE = "take"
    TAKE_UNSTATED = (
        "take_unstated"  # but for the consents that its traits state: a store's copy knows of no erasure
    )
    STRIP = "strip"  # somebody else's, who is named beside an erased identifier: it is taken without that
    BARE = "bare"  # an order stays, without the person
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Match:
    """An identifier of an event that belonged to an erased person."""

    kind: int
    erasure: int
    remains: int
    erased_at: datetime
    reopened_at: datetime | None


@dataclass(frozen=True, slots=True)
class NamedEvent:
    """An event that names an erased person."""

    seq: int
    name: str
    occurred_at: datetime
    historical: bool
    can_be_bare: bool
    is_known: bool  # its strongest identifier is a living customer's
    matches: tuple[Match, ...]
    left: int | None = None  # it is about an order that an erasure left behind, under this id


def reopenings(events: Iterable[NamedEvent], reopening: Iterable[str]) -> dict[int, datetime]:
    """By erasure, since when the person is with the shop again: the first live order or opt-in after the erasure."""
    names = frozenset(reopening)
    found: dict[int, datetime] = {}
    for event in events:
        if event.historical or event.left is not None or event.name not in names:
            continue
        for match in event.matches:
            if match.kind == IdentifierKind.ANONYMOUS or event.occurred_at <= match.erased_at:
                continue
            before = found.get(match.erasure, match.reopened_at)
            if before is None or event.occurred_at < before:
                found[match.erasure] = event.occurred_at
    return found


def judge(event: NamedEvent, reopened: Mapping[int, datetime]) -> tuple[Verdict, Sequence[Match]]:
    """What is to become of an event, and the matches that stand in its way."""
    if event.left is not None:
        return Verdict.BARE, event.matches
    lapsed = [match for match in event.matches if _is_lapsed(event, match, reopened)]
    if not lapsed:
        is_device = all(match.kind == IdentifierKind.ANONYMOUS for match in event.matches)
        return (Verdict.TAKE if is_device else Verdict.TAKE_UNSTATED), ()
    if event.is_known:
        return Verdict.STRIP, lapsed
    return (Verdict.BARE if event.can_be_bare else Verdict.DROP), lapsed


def _is_lapsed(event: NamedEvent, match: Match, reopened: Mapping[int, datetime]) -> bool:
    if event.historical or event.occurred_at <= match.erased_at:
        return True
    if match.kind == IdentifierKind.ANONYMOUS:
        return False  # whoever sits at the device now is a visitor whom nobody knows
    since = reopened.get(match.erasure, match.reopened_at)
    return since is None or event.occurred_at < since
