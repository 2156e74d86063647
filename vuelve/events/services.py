"""Writes of the event log: append from outside, record our own, stamp, promote properties.

The log is append-only; the only change a row ever sees is the stamp that says whose it is.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import structlog
from django.db import OperationalError, connection, transaction

from vuelve.events.contracts import IDENTITY_CONSUMER, Kind, Origin
from vuelve.platform import jobs, limits
from vuelve.platform.db import (
    Cursor,
    Statements,
    execute_in_shop,
    for_shop,
    for_shops,
    raw_cursor,
    trust_connection,
    without,
)
from vuelve.platform.errors import VuelveError, not_found
from vuelve.platform.extension import ValueType, registry
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.shops.queries import all_shop_ids
from vuelve.shops.services import audit

SQL = Statements(__file__)
log = structlog.get_logger(__name__)

MAKE_MONTHS_ATTEMPTS = 5  # at each at least one month more is there


def open_staging(cursor: Cursor) -> None:
    """Make `pg_temp.event_staged` if this connection has none yet, and empty it."""
    cursor.execute(SQL["open_staging"])
    cursor.execute("SELECT vuelve_clear('pg_temp.event_staged')")


def record_staged(
    cursor: Cursor, *, now: datetime, source: str, from_outside: bool = False, is_new: bool = False
) -> int:
    """Append what is staged, in the caller's transaction; returns how many rows were new.

    Events are unique by shop, source and message id: a repeat vanishes. `is_new`: the caller has made sure that there is
    none, by a key of its own that this transaction has taken.
    """
    origin = Origin.OUTSIDE if from_outside else Origin.OURS
    cursor.execute(
        SQL["append_new" if is_new else "append_staged"], {"source": source, "now": now, "origin": origin}
    )
    added = cursor.rowcount
    cursor.execute("SELECT vuelve_clear('pg_temp.event_staged')")
    return added


def record(
    *,
    shop: ShopId,
    name: str,
    customer: CustomerId | None,
    properties: Mapping[str, Any],
    key: str,
    now: datetime,
    source: str,
) -> bool:
    """Record one event of our own, in the transaction of the deed; False if `key` was recorded before."""
    with for_shop(shop) as cursor:
        open_staging(cursor)
        cursor.execute(
            "INSERT INTO pg_temp.event_staged (shop_id, kind, name, occurred_at, message_id, customer_id, properties) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [
                shop,
                Kind.TRACK,
                name,
                now,
                key,
                customer,
                json.dumps(properties, ensure_ascii=False, default=str),
            ],
        )
        return record_staged(cursor, now=now, source=source) == 1


def append_api(*, shop: ShopId, events: str, now: datetime, is_history: bool = False) -> int:
    """Append one request's events, a JSON array whose objects have the columns of `append_api.sql`.

    Returns how many were new. Committed when it returns.
    """
    parameters = {"shop": shop, "events": events, "now": now, "is_history": is_history}
    # No `SELECT 1` before each request: a connection that has died shows itself, and the repeat is harmless.
    trust_connection()
    used = connection.connection
    try:
        return _append(parameters)
    except psycopg.errors.CheckViolation:
        # The month's partition is missing: the worker that makes them ahead has not run for long.
        log.warning("no partition for events", month=now.strftime("%Y-%m"))
        ensure_months(now=now, months_ahead=1)
    except (OperationalError, psycopg.OperationalError):
        if connection.connection is used and connection.is_usable():
            raise
        connection.close()
    return _append(parameters)


def _append(parameters: Mapping[str, Any]) -> int:
    # Prepared: planning it (partitions of the log and of the keys) took longer than inserting one event.
    return execute_in_shop(parameters["shop"], SQL["append_api"], parameters)


def ensure_months(*, now: datetime, months_ahead: int = 2) -> None:
    """Make the partitions of this month and the next ones. The previous month too: clocks differ."""
    first, last = (now - timedelta(days=2)).date(), (now + timedelta(days=31 * months_ahead)).date()
    make_months("events_event", first, last)
    make_months("journeys_transition", first, last)


def make_months(table: str, first: date, last: date) -> None:
    """Make a table's monthly partitions, those of `first` and `last` included; idempotent, also for several at once."""
    for _attempt in range(MAKE_MONTHS_ATTEMPTS):
        try:
            with transaction.atomic():
                raw_cursor().execute(
                    "SELECT vuelve_ensure_months(%s::regclass, %s, %s)", [table, first, last]
                )
            return
        except psycopg.errors.DuplicateTable:
            # Another one made it meanwhile: waiting for its lock does not make PostgreSQL look at the catalogue again.
            continue


def prepare_log(*, now: datetime, months_ahead: int = 2) -> None:
    """Partitions, and a cursor for each consumer and shard; idempotent, called when a worker starts."""
    ensure_months(now=now, months_ahead=months_ahead)
    with transaction.atomic():
        cursor = raw_cursor()
        for consumer in registry.consumers:
            shards = 1 if consumer.is_identity else limits.SHARDS
            cursor.execute(
                "INSERT INTO events_cursor (consumer, shard) SELECT %s, generate_series(0, %s - 1) ON CONFLICT DO NOTHING",
                [consumer.name, shards],
            )


def open_stamps(cursor: Cursor) -> None:
    """Make `pg_temp.event_stamp (xid, seq, customer_id, canonical_id)` if need be, and empty it.

    `customer_id` is whose the event is, for good; `canonical_id` whom that counts for at present: its shard.
    """
    cursor.execute(
        "CREATE TEMP TABLE IF NOT EXISTS event_stamp (xid bigint NOT NULL, seq bigint NOT NULL, "
        "customer_id bigint NOT NULL, canonical_id bigint NOT NULL)"
    )
    cursor.execute("SELECT vuelve_clear('pg_temp.event_stamp')")


def stamp(cursor: Cursor) -> int:
    """Stamp the events of `pg_temp.event_stamp` with their customer, and fill their promoted properties.

    Only the identity consumer calls it, inside its batch.
    """
    cursor.execute("ANALYZE pg_temp.event_stamp")
    bounds = cursor.execute(SQL["stamp_bounds"]).fetchone()
    if bounds is None:
        return 0
    place = dict(zip(("xid", "seq", "end_xid", "end_seq"), bounds, strict=True))
    with without(cursor, "nestloop", "mergejoin", "seqscan"):
        cursor.execute(SQL["stamp"], place | {"shards": limits.SHARDS})
        stamped = cursor.rowcount
        if cursor.execute("SELECT FROM events_promoted LIMIT 1").fetchone() is not None:
            cursor.execute(SQL["stamp_properties"], place | {"text_max": limits.TRAIT_TEXT_CHARS_MAX})
    return stamped


def promote(*, shop: ShopId, event_name: str, property: str, value_type: ValueType) -> bool:
    """Keep a property in typed columns from now on, and of the events already there; False if it was kept before.

    Raises VuelveError `promoted_limit` past PROMOTED_PROPERTIES_MAX, `promoted_type` if it is kept as another type.
    """
    with for_shop(shop) as cursor:
        # Identity waits: an event must be stamped either before the backfill or after the promotion is known.
        cursor.execute("SELECT FROM events_cursor WHERE consumer = %s FOR UPDATE", [IDENTITY_CONSUMER])
        if _is_promoted(cursor, shop, event_name, property, value_type):
            return False
        cursor.execute(
            "INSERT INTO events_promoted (shop_id, event_name, property, value_type) VALUES (%s, %s, %s, %s)",
            [shop, event_name, property, value_type],
        )
        cursor.execute(
            SQL["backfill_property"],
            {
                "shop": shop,
                "event": event_name,
                "property": property,
                "type": value_type,
                "text_max": limits.TRAIT_TEXT_CHARS_MAX,
            },
        )
        return True


# Types that a property can be confirmed as, the likeliest use first; money is a number here.
CONFIRMABLE = (ValueType.TEXT, ValueType.NUMBER, ValueType.BOOLEAN, ValueType.TIME)


def confirming(shop: ShopId, event_name: str, property: str) -> str:
    """The name of the job that `confirm_type` defers, for `jobs.under_way`."""
    return f"confirm {shop} {event_name} {property}"


def confirm_type(*, shop: ShopId, event_name: str, property: str, value_type: str, by: str) -> None:
    """Say as what conditions read a property; it is read out of the past in the background.

    Raises VuelveError `not_found` if no event of the name has had it, `invalid_choice`, and as `promote`.
    """
    if value_type not in CONFIRMABLE:
        raise VuelveError(
            "invalid_choice", "There is no such type.", field="value_type", hint="Choose one of the list."
        )
    with for_shop(shop) as cursor:
        seen = cursor.execute(
            "SELECT FROM events_schema_property WHERE shop_id = %s AND kind = %s AND name = %s AND property = %s",
            [shop, Kind.TRACK, event_name, property],
        ).fetchone()
        if seen is None:
            raise not_found("property")
        if _is_promoted(cursor, shop, event_name, property, value_type):
            return
        jobs.defer(
            "events.promote", unique=confirming(shop, event_name, property), shop=shop, event_name=event_name,
            property=property, value_type=value_type,
        )  # fmt: skip
        audit(
            shop=shop, actor=by, action="Property Type Confirmed", target=f"{event_name}: {property}",
            detail={"value_type": value_type},
        )  # fmt: skip


def _is_promoted(cursor: Cursor, shop: ShopId, event_name: str, property: str, value_type: str) -> bool:
    """Raises VuelveError `promoted_type` if it is kept as another type, `promoted_limit` if it is not and no more may be."""
    known = cursor.execute(
        "SELECT value_type FROM events_promoted WHERE shop_id = %s AND event_name = %s AND property = %s",
        [shop, event_name, property],
    ).fetchone()
    if known:
        if known[0] != value_type:
            raise VuelveError(
                "promoted_type",
                f"`{property}` of `{event_name}` is in use as {known[0]}, not {value_type}.",
                field=property,
                hint=f"Compare it as {known[0]}.",
            )
        return True
    count = cursor.execute("SELECT count(*) FROM events_promoted WHERE shop_id = %s", [shop]).fetchone()
    if count and count[0] >= limits.PROMOTED_PROPERTIES_MAX:
        raise VuelveError(
            "promoted_limit",
            f"Conditions use {limits.PROMOTED_PROPERTIES_MAX} event properties already.",
            field=property,
            hint="Remove conditions that are no longer needed.",
        )
    return False


def forget_old_keys(*, now: datetime, rows: int = 20_000) -> int:
    """Drop deduplication keys older than EVENT_KEY_DAYS, a bounded number a call; returns how many."""
    with for_shops(all_shop_ids()) as cursor:
        return cursor.execute(
            SQL["forget_old_keys"], {"before": now - timedelta(days=limits.EVENT_KEY_DAYS), "rows": rows}
        ).rowcount


def ask_to_take_again(*, shop: ShopId, consumer: str, seq: int) -> None:
    """Give a set-aside event to its consumer once more, in the background. Raises VuelveError `not_found`."""
    parameters = {"shop": shop, "consumer": consumer, "seq": seq}
    with for_shop(shop) as cursor:
        if cursor.execute(SQL["place_of_set_aside"], parameters).fetchone() is None:
            raise not_found("set-aside event")
        jobs.defer(
            "events.take_again", unique=f"take again {consumer} {seq}", shop=shop, consumer=consumer, seq=seq
        )


def note_failure(*, shop: ShopId, consumer: str, seq: int, error: str, now: datetime) -> None:
    """A set-aside event failed once more: keep the newest reason."""
    with for_shop(shop) as cursor:
        cursor.execute(
            "UPDATE events_quarantine SET error = left(%s, 2000), quarantined_at = %s "
            "WHERE shop_id = %s AND consumer = %s AND seq = %s",
            [error, now, shop, consumer, seq],
        )
