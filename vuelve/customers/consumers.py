"""Identity: reads every event first, says whose it is, and keeps traits, consents and profiles.

Set-based over the batch; Python sees only identifiers that are new or in question, and the JSON of identify calls.
"""

from collections import Counter as Tally
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

import structlog
from django.utils.translation import gettext_lazy
from prometheus_client import Counter

from vuelve.customers.contracts import (
    CONSENT_GRANTED,
    CONSENT_REVOKED,
    CUSTOMERS_MERGED,
    Identifier,
    IdentifierKind,
)
from vuelve.customers.rules.consents import SOURCE_TRAITS, is_known, read_decision
from vuelve.customers.rules.identity import Sighting
from vuelve.customers.rules.profile import Profile
from vuelve.customers.rules.traits import Identified, read_identify
from vuelve.customers.services import profiles
from vuelve.customers.services.blocking import withhold
from vuelve.customers.services.consents import Decided, record
from vuelve.customers.services.settling import SQL, Settled, open_tables, settle
from vuelve.events.contracts import IDENTITY_CONSUMER, Kind, Origin
from vuelve.events.services import open_stamps, stamp
from vuelve.platform import limits
from vuelve.platform.db import Cursor, copy_rows
from vuelve.platform.extension import EventBatch, Text
from vuelve.platform.ids import ShopId
from vuelve.shops.queries import facts_by_id

log = structlog.get_logger(__name__)

SKIPPED = Counter(
    "vuelve_traits_skipped_total", "Traits and consents of events that could not be kept as sent.", ["reason"]
)
UNOWNED = Counter(
    "vuelve_events_unowned_total", "Events without any identifier: nobody's, so nobody reads them."
)

_NAMES = {"identify": Kind.IDENTIFY, "granted": CONSENT_GRANTED, "revoked": CONSENT_REVOKED}


@dataclass(frozen=True, slots=True)
class _Event:
    """An event whose JSON is read here."""

    seq: int
    shop: int
    kind: int
    name: str
    occurred_at: datetime
    received_at: datetime
    message_id: str
    source: str
    properties: str
    context: str | None

    @property
    def decided_at(self) -> datetime:
        """Nobody decides in the future: a clock that is ahead must not outlive the opt-out that follows."""
        return min(self.occurred_at, self.received_at)


@dataclass(slots=True)
class _Said:
    """What identify calls and decisions on consent of a batch say."""

    events: list[_Event] = field(default_factory=list)
    identified: dict[int, Identified] = field(default_factory=dict)  # by seq
    customers: dict[int, int] = field(default_factory=dict)  # by seq, once stamped
    skipped: Tally[str] = field(default_factory=Tally)

    def unstate(self, seqs: set[int]) -> None:
        """Consents that these events' traits state do not count: the customer was erased since the store noted them."""
        for seq in seqs & self.identified.keys():
            self.identified[seq] = replace(self.identified[seq], consents=[])


class IdentityConsumer:
    name: ClassVar[str] = IDENTITY_CONSUMER
    label: ClassVar[Text] = gettext_lazy("Customers")
    is_identity: ClassVar[bool] = True
    after: ClassVar[tuple[str, ...]] = ()

    def names(self) -> frozenset[str] | None:
        return None

    def consume(self, batch: EventBatch) -> None:
        cursor = batch.cursor
        open_tables(cursor)
        cursor.execute(SQL["normalise_batch"], {"chars_max": limits.IDENTITY_CHARS_MAX})
        said = _read(cursor)
        withheld = withhold(cursor)
        if withheld.is_changed:
            said = _read(cursor)
        said.unstate(withheld.unstated)
        sightings = _unsettled(cursor)
        settled = settle(cursor, sightings, now=batch.now) if sightings else Settled()
        _stamp(cursor, batch.rows)
        if said.events:
            rows = cursor.execute(SQL["said_by"], _NAMES).fetchall()
            said.customers = dict(rows)
            _set_traits(cursor, said)
        if said.events or settled.merged:
            record(cursor, _decisions(said))
        cursor.execute(SQL["fill_seen"], {"outside": Origin.OUTSIDE})
        profiles.refresh(
            cursor, settled, now=batch.now, identified=_identified(said), hints=_hints(said, cursor)
        )
        for reason, count in said.skipped.items():
            SKIPPED.labels(reason).inc(count)


def _read(cursor: Cursor) -> _Said:
    said = _Said()
    said.events = [_Event(*row) for row in cursor.execute(SQL["read_said"], _NAMES).fetchall()]
    if not any(event.kind == Kind.IDENTIFY for event in said.events):
        return said
    shops = facts_by_id()
    for event in said.events:
        if event.kind == Kind.IDENTIFY:
            found = read_identify(event.properties, event.context, country=shops[ShopId(event.shop)].country)
            said.identified[event.seq] = found
            said.skipped.update(found.skipped)
    phones = [(seq, found.phone) for seq, found in said.identified.items() if found.phone]
    cursor.execute("SELECT vuelve_clear('pg_temp.customers_phone')")
    if phones:
        copy_rows(cursor, "customers_phone (seq, phone)", phones)
        cursor.execute(SQL["add_phones"])
    return said


def _unsettled(cursor: Cursor) -> list[Sighting]:
    rows = cursor.execute(SQL["unsettled"], {"identify": Kind.IDENTIFY}).fetchall()
    return [_sighting(*row) for row in rows]


def _sighting(
    shop: int,
    user_id: str | None,
    email: str | None,
    phone: str | None,
    anonymous_id: str | None,
    is_identify: bool,
    at: datetime,
    message_id: str,
) -> Sighting:
    given: tuple[tuple[IdentifierKind, str | None], ...] = (
        (IdentifierKind.USER, user_id),
        (IdentifierKind.EMAIL, email),
        (IdentifierKind.PHONE, phone),
        (IdentifierKind.ANONYMOUS, anonymous_id),
    )
    identifiers = tuple(Identifier(shop, kind, value) for kind, value in given if value is not None)
    return Sighting(identifiers=identifiers, at=at, message_id=message_id, is_identify=is_identify)


def _stamp(cursor: Cursor, rows: int) -> None:
    open_stamps(cursor)
    cursor.execute(SQL["fill_stamps"], {"merged": CUSTOMERS_MERGED, "ours": Origin.OURS})
    unowned = rows - cursor.rowcount
    stamp(cursor)
    if unowned:
        UNOWNED.inc(unowned)
        log.warning("events without an identifier are nobody's", events=unowned)


def _set_traits(cursor: Cursor, said: _Said) -> None:
    rows: list[tuple[Any, ...]] = [
        (seq, each.name, each.text, each.key, each.number, each.boolean, each.time)
        for seq, found in said.identified.items()
        for each in found.traits.values()
    ]
    if rows:
        columns = "seq, name, text_value, text_key, number_value, boolean_value, time_value"
        copy_rows(cursor, f"customers_said ({columns})", rows)
        cursor.execute(SQL["set_traits"])


def _decisions(said: _Said) -> Iterator[Decided]:
    for event in said.events:
        customer = said.customers.get(event.seq)
        if customer is None:
            continue
        if event.kind == Kind.IDENTIFY:
            yield from _stated(event, customer, said)
            continue
        decision = read_decision(event.properties, source=event.source)
        if decision is None:
            said.skipped["consent_unknown"] += 1
            continue
        yield Decided(
            shop=event.shop,
            customer=customer,
            channel=decision.channel,
            purpose=decision.purpose,
            is_granted=event.name == CONSENT_GRANTED,
            decided_at=event.decided_at,
            message_id=event.message_id,
            source=decision.source,
            wording=decision.wording,
        )


def _stated(event: _Event, customer: int, said: _Said) -> Iterator[Decided]:
    for channel, purpose, is_granted in said.identified[event.seq].consents:
        if not is_known(channel, purpose):
            said.skipped["consent_unknown"] += 1
            continue
        yield Decided(
            shop=event.shop,
            customer=customer,
            channel=channel,
            purpose=purpose,
            is_granted=is_granted,
            decided_at=event.decided_at,
            message_id=event.message_id,
            source=SOURCE_TRAITS,
            wording="",
        )


def _identified(said: _Said) -> set[tuple[int, int]]:
    return {
        (event.shop, said.customers[event.seq])
        for event in said.events
        if event.kind == Kind.IDENTIFY and event.seq in said.customers
    }


def _hints(said: _Said, cursor: Cursor) -> dict[tuple[int, int], Profile]:
    """The language and time zone of the device, by customer; of several calls in a batch the newest counts."""
    found: dict[tuple[int, int], Profile] = {}
    for event in sorted(said.events, key=lambda event: (event.occurred_at, event.message_id)):
        what = said.identified.get(event.seq)
        if what is None or event.seq not in said.customers:
            continue
        zone = what.context_time_zone
        if zone is not None and zone not in profiles.time_zones(cursor):
            zone = None
        key = (event.shop, said.customers[event.seq])
        older = found.get(key, Profile())
        found[key] = Profile(locale=what.context_locale or older.locale, time_zone=zone or older.time_zone)
    return found
