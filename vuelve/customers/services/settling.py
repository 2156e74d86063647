"""Identity's writes: identifiers, aliases, and what moves when a customer is merged into another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from time import sleep

import psycopg
import structlog
from django.db import transaction

from vuelve.customers.contracts import CUSTOMERS_MERGED, SOURCE, Identifier
from vuelve.customers.rules.identity import Claim, Holder, Resolution, Sighting
from vuelve.customers.rules.identity import resolve as resolve_sightings
from vuelve.events.contracts import Kind
from vuelve.events.services import open_staging, record_staged
from vuelve.platform.db import Cursor, Statements, copy_rows
from vuelve.platform.errors import VuelveError

SQL = Statements(str(Path(__file__).parent))
RACES_MAX = 20
RACE_PAUSE_SECONDS = 0.05

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Settled:
    """What was written: customers have their ids, but new ones have no row yet (`profiles.refresh`)."""

    created: list[Holder] = field(default_factory=list)
    changed: list[Holder] = field(default_factory=list)
    merged: list[tuple[int, int, int]] = field(default_factory=list)  # shop, from, into


class _LostRaceError(Exception):
    """Another writer has changed what this one had read."""


def open_tables(cursor: Cursor) -> None:
    """Make and empty the working tables that everything here uses."""
    cursor.execute(SQL["open_tables"])


def settle(cursor: Cursor, sightings: Sequence[Sighting], *, now: datetime, may_wait: bool = True) -> Settled:
    """Work sightings into identifiers and aliases; expects `open_tables` on the connection.

    With `may_wait` false, customers that another writer holds are waited for without holding anything: whoever holds
    customers already, as identity's batch does, must never wait for one who waits for it.
    """
    for _ in range(RACES_MAX):
        try:
            with transaction.atomic():
                return _settle(cursor, sightings, now, may_wait)
        except _LostRaceError:
            log.info("identifiers changed meanwhile; resolving again")
        except psycopg.errors.LockNotAvailable:
            if may_wait:
                raise
        if not may_wait:
            sleep(RACE_PAUSE_SECONDS)
    raise VuelveError("busy", "Others keep changing the same customers.", hint="Try again.", status=409)


def _settle(cursor: Cursor, sightings: Sequence[Sighting], now: datetime, may_wait: bool) -> Settled:
    claims = _lock_claims(cursor, {each for sighting in sightings for each in sighting.identifiers})
    holders = _lock_holders(cursor, claims, may_wait)
    resolution = resolve_sightings(sightings, claims=claims, holders=holders)
    ids = _new_ids(cursor, resolution)
    _write_claims(cursor, resolution, claims, ids)
    shop_of = {holder.id: holder.shop for holder in holders}
    merged = [(shop_of[from_id], from_id, ids.get(into, into)) for from_id, into in resolution.merged.items()]
    if merged:
        _write_merges(cursor, merged, now)
    return Settled(
        created=[replace(holder, id=ids[holder.id]) for holder in resolution.created],
        changed=resolution.changed,
        merged=merged,
    )


def _lock_claims(cursor: Cursor, wanted: Iterable[Identifier]) -> dict[Identifier, Claim]:
    cursor.execute("SELECT vuelve_clear('pg_temp.customers_wanted')")
    copy_rows(cursor, "customers_wanted (shop_id, kind, value)", wanted)
    rows = cursor.execute(SQL["lock_identifiers"]).fetchall()
    return {Identifier(*row[:3]): Claim(*row[3:]) for row in rows}


def _lock_holders(cursor: Cursor, claims: dict[Identifier, Claim], may_wait: bool) -> list[Holder]:
    held = {(identifier.shop, claim.customer) for identifier, claim in claims.items()}
    if not held:
        return []
    cursor.execute("SELECT vuelve_clear('pg_temp.customers_held')")
    copy_rows(cursor, "customers_held (shop_id, customer_id)", held)
    rows = cursor.execute(SQL["lock_holders"] + ("" if may_wait else " NOWAIT")).fetchall()
    row = cursor.execute(SQL["held_is_merged"]).fetchone()
    if row is None or row[0] or len(rows) != len(held):
        raise _LostRaceError
    return [Holder(id=row[0], shop=row[1], user_id=row[2], email=row[3], phone=row[4]) for row in rows]


def _new_ids(cursor: Cursor, resolution: Resolution) -> dict[int, int]:
    if not resolution.created:
        return {}
    rows = cursor.execute(
        "SELECT nextval('customers_id') FROM generate_series(1, %s)", [len(resolution.created)]
    ).fetchall()
    return {holder.id: row[0] for holder, row in zip(resolution.created, rows, strict=True)}


def _write_claims(
    cursor: Cursor, resolution: Resolution, known: dict[Identifier, Claim], ids: dict[int, int]
) -> None:
    cursor.execute("SELECT vuelve_clear('pg_temp.customers_claimed')")
    copy_rows(
        cursor,
        "customers_claimed (shop_id, kind, value, customer_id, claim_rank, claimed_at, claimed_by, is_new)",
        (
            (
                *each,
                ids.get(claim.customer, claim.customer),
                claim.rank,
                claim.at,
                claim.by,
                each not in known,
            )
            for each, claim in resolution.claims.items()
        ),
    )
    cursor.execute(SQL["insert_identifiers"])
    if cursor.rowcount != sum(each not in known for each in resolution.claims):
        raise _LostRaceError
    cursor.execute(SQL["update_identifiers"])


def _write_merges(cursor: Cursor, merged: list[tuple[int, int, int]], now: datetime) -> None:
    cursor.execute("SELECT vuelve_clear('pg_temp.customers_merging')")
    copy_rows(cursor, "customers_merging (shop_id, from_id, into_id)", merged)
    for name in ("flatten_aliases", "insert_aliases", "repoint_identifiers", "fold_traits", "fold_consents"):
        cursor.execute(SQL[name], {"now": now} if name == "insert_aliases" else None)
    open_staging(cursor)
    copy_rows(
        cursor,
        "event_staged (shop_id, kind, name, occurred_at, message_id, customer_id, properties)",
        (
            (
                shop,
                Kind.TRACK,
                CUSTOMERS_MERGED,
                now,
                f"merged:{from_id}",
                from_id,
                f'{{"from_id": {from_id}, "into_id": {into_id}}}',
            )
            for shop, from_id, into_id in merged
        ),
    )
    record_staged(cursor, now=now, source=SOURCE)
