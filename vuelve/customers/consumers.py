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
)
from vuelve.customers.rules.consents import SOURCE_TRAITS, is_known, read_decision
from vuelve.customers.rules.phones import read_phone
from vuelve.customers.rules.traits import Identified, read_identify
from vuelve.customers.services import profiles
from vuelve.customers.services.blocking import withhold
from vuelve.customers.services.consents import Decided, record
from vuelve.customers.services.settling import SQL, Settled, open_tables, settle
from vuelve.events.consuming import ownerless_names
from vuelve.events.contracts import IDENTITY_CONSUMER, Kind, Origin
from vuelve.events.services import open_stamps, stamp
from vuelve.platform import limits
from vuelve.platform.db import LOOKUPS_ONLY, Cursor, copy_rows, without
from vuelve.platform.extension import EventBatch, Text
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
    # By seq, once stamped: the node, and the customer that it counts for.
    stamps: dict[int, tuple[int, int]] = field(default_factory=dict)
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
        cursor.execute(SQL["hold_identities"])
        open_tables(cursor)
        cursor.execute(SQL["normalise_batch"], {"chars_max": limits.IDENTITY_CHARS_MAX})
        said = _read(cursor)
        _lift_phones(cursor, said)
        withheld = withhold(cursor)
        if withheld.is_changed:
            said = _read(cursor)
        said.unstate(withheld.unstated)
        with without(cursor, *LOOKUPS_ONLY):
            sightings = cursor.execute(
                SQL["fill_sightings"], {"identify": Kind.IDENTIFY, "alias": Kind.ALIAS}
            ).rowcount
        settled = settle(cursor, now=batch.now) if sightings else Settled()
        _stamp(cursor, batch.rows)
        if said.events:
            rows = cursor.execute(SQL["said_by"], _NAMES).fetchall()
            said.stamps = {seq: (node, customer) for seq, node, customer in rows}
            _set_traits(cursor, said)
        record(cursor, _decisions(said), moves=settled.moves)
        cursor.execute(SQL["fill_seen"], {"outside": Origin.OUTSIDE})
        profiles.refresh(cursor, settled, now=batch.now, identified=_identified(said))
        for reason, count in said.skipped.items():
            SKIPPED.labels(reason).inc(count)


def _read(cursor: Cursor) -> _Said:
    said = _Said()
    said.events = [_Event(*row) for row in cursor.execute(SQL["read_said"], _NAMES).fetchall()]
    if any(event.kind == Kind.IDENTIFY for event in said.events):
        countries = _countries()
        for event in said.events:
            if event.kind == Kind.IDENTIFY:
                found = read_identify(event.properties, event.context, country=countries[event.shop])
                said.identified[event.seq] = found
                said.skipped.update(found.skipped)
    return said


def _lift_phones(cursor: Cursor, said: _Said) -> None:
    """The phones that events name, as identifiers of the batch."""
    phones = {seq: found.phone for seq, found in said.identified.items()}
    others = cursor.execute(SQL["read_phones"], {"identify": Kind.IDENTIFY}).fetchall()
    if others:
        countries = _countries()
        for seq, shop, properties, context in others:
            phones[seq] = read_phone(properties, context, country=countries[shop])
    found = [(seq, phone) for seq, phone in phones.items() if phone]
    if found:
        copy_rows(cursor, "customers_phone (seq, phone)", found)
        cursor.execute(SQL["add_phones"])


def _countries() -> dict[int, str]:
    return {int(shop): facts.country for shop, facts in facts_by_id().items()}


def _stamp(cursor: Cursor, rows: int) -> None:
    open_stamps(cursor)
    with without(cursor, *LOOKUPS_ONLY):
        stamps = cursor.execute(
            SQL["fill_stamps"], {"merged": CUSTOMERS_MERGED, "ours": Origin.OURS}
        ).rowcount
    unowned = rows - stamps
    stamp(cursor)
    if unowned and (names := sorted(ownerless_names())):
        meant = cursor.execute(
            "SELECT count(*) FROM pg_temp.event_batch WHERE name = ANY (%s) AND "
            "coalesce(customer_id::text, user_id, email, phone, anonymous_id) IS NULL",
            [names],
        ).fetchone()
        unowned -= meant[0] if meant else 0
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
        cursor.execute(SQL["thin_traits"], {"kept": limits.TRAIT_HISTORY_ROWS_MAX})


def _decisions(said: _Said) -> Iterator[Decided]:
    for event in said.events:
        if event.seq not in said.stamps:
            continue
        if event.kind == Kind.IDENTIFY:
            for channel, purpose, is_granted in said.identified[event.seq].consents:
                if is_known(channel, purpose):
                    yield _decided(event, said, channel, purpose, is_granted, SOURCE_TRAITS, "")
                else:
                    said.skipped["consent_unknown"] += 1
            continue
        decision = read_decision(event.properties, source=event.source)
        if decision is None:
            said.skipped["consent_unknown"] += 1
            continue
        is_granted = event.name == CONSENT_GRANTED
        yield _decided(
            event, said, decision.channel, decision.purpose, is_granted, decision.source, decision.wording
        )


def _decided(
    event: _Event, said: _Said, channel: str, purpose: str, is_granted: bool, source: str, wording: str
) -> Decided:
    node, customer = said.stamps[event.seq]
    return Decided(
        shop=event.shop,
        node=node,
        customer=customer,
        channel=channel,
        purpose=purpose,
        is_granted=is_granted,
        decided_at=event.decided_at,
        message_id=event.message_id,
        source=source,
        wording=wording,
    )


def _identified(said: _Said) -> set[tuple[int, int]]:
    """The customers of whom identify calls told something."""
    return {
        (event.shop, said.stamps[event.seq][1])
        for event in said.events
        if event.kind == Kind.IDENTIFY and event.seq in said.stamps
    }
