"""Erasing one person, over all packages: one job that can be killed at any point and ends with a report.

1. Begin: who it is, and the hashes by which the person is known from now on. What identity reads later is held off.
2. Thin out the log, in small commits.
3. Erase: one transaction in which no consumer works. Every package removes the person, and the transaction proves that
   no row holds one of the ids, or nothing of it happens.
4. Verify: throw away files that name the person, search all texts of the shop for the identifiers, then forget those as well.
"""

import json
from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

import structlog
from prometheus_client import Counter

from vuelve.customers.contracts import CUSTOMERS_MERGED, Identifier
from vuelve.customers.queries import canonical_id, ids_of
from vuelve.customers.rules.erasure import hash_identifier
from vuelve.customers.services import verifying
from vuelve.customers.services.settling import SQL, hold
from vuelve.events.contracts import Origin
from vuelve.events.rewriting import hold_consumers, thin_out, unread_from
from vuelve.platform import jobs, limits, vault
from vuelve.platform.clock import Clock, real
from vuelve.platform.db import Cursor, for_shop
from vuelve.platform.errors import Retryable, not_found
from vuelve.platform.extension import Person, registry
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.shops import services as shops
from vuelve.shops.queries import facts

log = structlog.get_logger(__name__)

ERASURES = Counter(
    "vuelve_erasures_total",
    "Erasures that were finished, by whether anything was found afterwards.",
    ["outcome"],
)
JOB = "privacy.erase"


def request_erasure(*, shop: ShopId, customer: CustomerId, requested_by: str, now: datetime) -> int:
    """Ask for a person to be erased; the job runs once the transaction has committed. Returns the request's number.

    Idempotent: a person has one request, however often and under whichever id it is made. Raises VuelveError `not_found`
    for an id that nobody has and nobody had.
    """
    with for_shop(shop) as cursor:
        subject = canonical_id(cursor, shop, customer)
        before = _request_of(cursor, shop, subject)
        if before is not None:
            return before
        known = cursor.execute(
            "SELECT FROM customers_customer WHERE shop_id = %s AND id = %s", [shop, subject]
        ).fetchone()
        if known is None:
            raise not_found("customer")
        row = cursor.execute(
            "INSERT INTO customers_erasure (shop_id, subject_id, requested_by, requested_at) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (shop_id, subject_id) DO NOTHING RETURNING id",
            [shop, subject, requested_by, now],
        ).fetchone()
        if row is None:  # at the same moment, by somebody else
            again = _request_of(cursor, shop, subject)
            assert again is not None
            return again
        shops.audit(shop=shop, actor=requested_by, action="Erasure Requested", target=f"erasure {row[0]}")
        jobs.defer(JOB, shop=int(shop), erasure=row[0])
        return int(row[0])


def _request_of(cursor: Cursor, shop: ShopId, customer: CustomerId) -> int | None:
    row = cursor.execute(
        "SELECT id FROM customers_erasure WHERE shop_id = %(shop)s AND (subject_id = %(id)s OR %(id)s = ANY (subject_ids)) "
        "ORDER BY id LIMIT 1",
        {"shop": shop, "id": customer},
    ).fetchone()
    return None if row is None else int(row[0])


def preview(cursor: Cursor, person: Person) -> dict[str, int]:
    """How many rows of each table that people know by name (`registry.personal_rows`) are the person's."""
    rows: Tally[str] = Tally(
        {"customers_customer": len(person.ids), "customers_identifier": len(person.identifiers)}
    )
    for column, count in verifying.rows_by_id(cursor, person.shop, person.ids, indexed_only=True).items():
        table = column.partition(".")[0]
        rows[table] = max(rows[table], count)
    return {table: rows[table] for table in registry.personal_rows if rows[table]}


@jobs.job(JOB)
def run_erasure(*, shop: int, erasure: int) -> None:
    erase(shop=ShopId(shop), erasure=erasure, clock=real)


def erase(*, shop: ShopId, erasure: int, clock: Clock) -> None:
    """Do what was requested, from wherever it was left."""
    request = _begin(shop, erasure, clock)
    if request is None:
        return
    if request.state == "erasing":
        _thin_out(request)
        request = _erase(request, clock)
    _verify(request, clock)


@dataclass(frozen=True, slots=True)
class _Request:
    shop: ShopId
    id: int
    state: str
    requested_by: str
    remains: CustomerId
    ids: tuple[int, ...]
    identifiers: tuple[Identifier, ...]

    @property
    def person(self) -> Person:
        return Person(self.shop, self.ids, tuple(dict.fromkeys(each.value for each in self.identifiers)))


def _begin(shop: ShopId, erasure: int, clock: Clock) -> _Request | None:
    with for_shop(shop) as cursor:
        hold_consumers(cursor)
        request = _read(cursor, shop, erasure)
        if request is None or request.state != "requested":
            return request
        found = _gather(cursor, request)
        now = clock.now()
        _block(cursor, found, now)
        _write(cursor, found, state="erasing", now=now)
        log.info("erasure begun", shop=shop, erasure=erasure, ids=len(found.ids))
        return _read(cursor, shop, erasure)


def _read(cursor: Cursor, shop: ShopId, erasure: int) -> _Request | None:
    row = cursor.execute(
        "SELECT state, requested_by, remains_id, CASE WHEN subject_ids = '{}' THEN ARRAY[subject_id] ELSE subject_ids END, "
        "sealed FROM customers_erasure WHERE shop_id = %s AND id = %s FOR UPDATE",
        [shop, erasure],
    ).fetchone()
    if row is None:
        raise not_found("erasure")
    state, requested_by, remains, ids, sealed = row
    if state == "finished":
        return None
    identifiers = json.loads(vault.unseal(sealed)) if sealed else []
    known = tuple(Identifier(shop, kind, value) for kind, value in identifiers)
    return _Request(shop, erasure, state, requested_by, CustomerId(remains), tuple(ids), known)


def _gather(cursor: Cursor, request: _Request) -> _Request:
    """The request with all that the person is known by at this moment; their customers' rows are locked."""
    hold(cursor, request.shop)
    ids: set[int] = set(request.ids)
    for each in request.ids:
        ids.update(ids_of(cursor, request.shop, canonical_id(cursor, request.shop, CustomerId(each))))
    cursor.execute(
        "SELECT FROM customers_customer WHERE shop_id = %s AND id = ANY (%s) ORDER BY id FOR UPDATE",
        [request.shop, sorted(ids)],
    )
    rows = cursor.execute(SQL["person_identifiers"], {"shop": request.shop, "ids": sorted(ids)}).fetchall()
    identifiers = dict.fromkeys([*request.identifiers, *(Identifier(request.shop, *row) for row in rows)])
    return _Request(
        request.shop,
        request.id,
        request.state,
        request.requested_by,
        request.remains,
        tuple(sorted(ids)),
        tuple(identifiers),
    )


def _block(cursor: Cursor, request: _Request, now: datetime) -> None:
    """From this transaction on identity knows the person by the hashes."""
    key = facts(request.shop).signing_key
    cursor.execute(
        SQL["block"],
        {
            "shop": request.shop,
            "hashes": [hash_identifier(key, each.kind, each.value) for each in request.identifiers],
            "kinds": [int(each.kind) for each in request.identifiers],
            "erasure": request.id,
            "remains": request.remains,
            "now": now,
        },
    )


def _write(
    cursor: Cursor, request: _Request, *, state: str, now: datetime, counts: Mapping[str, int] | None = None
) -> None:
    sealed = vault.seal(json.dumps([[int(each.kind), each.value] for each in request.identifiers]))
    cursor.execute(
        "UPDATE customers_erasure SET state = %s, subject_ids = %s, sealed = %s, erased_at = coalesce(erased_at, %s), "
        "counts = coalesce(%s, counts) WHERE shop_id = %s AND id = %s",
        [
            state,
            list(request.ids),
            sealed,
            now,
            json.dumps(counts) if counts is not None else None,
            request.shop,
            request.id,
        ],
    )


def _thin_out(request: _Request) -> None:
    while True:
        jobs.stop_if_told()
        with for_shop(request.shop) as cursor:
            if _read(cursor, request.shop, request.id) is None:
                return
            removed = thin_out(cursor, request.person, rows=limits.ERASE_EVENTS_ROWS)
            _count(cursor, request, removed)
        if removed["events_event"] < limits.ERASE_EVENTS_ROWS:
            return


def _count(cursor: Cursor, request: _Request, more: Mapping[str, int]) -> dict[str, int]:
    row = cursor.execute(
        "SELECT counts::text FROM customers_erasure WHERE shop_id = %s AND id = %s",
        [request.shop, request.id],
    ).fetchone()
    counts = Tally(json.loads(row[0]) if row else {})
    counts.update(more)
    cursor.execute(
        "UPDATE customers_erasure SET counts = %s WHERE shop_id = %s AND id = %s",
        [json.dumps(counts), request.shop, request.id],
    )
    return dict(counts)


def _erase(request: _Request, clock: Clock) -> _Request:
    with for_shop(request.shop) as cursor:
        hold_consumers(cursor)
        present = _read(cursor, request.shop, request.id)
        if present is None or present.state != "erasing":
            return present or request
        found = _gather(cursor, present)
        if is_leaving(cursor, found.person):
            raise Retryable("a profile of somebody else is about to move away", after_seconds=5)
        now = clock.now()
        _block(cursor, found, now)
        counts: Tally[str] = Tally()
        # Packages further up first: a tick of theirs that is under way may still write to those below.
        for part in reversed(registry.privacy):
            counts.update(part.erase(cursor, found.person, remains=found.remains, now=now))
        left = verifying.rows_by_id(cursor, found.shop, found.ids, indexed_only=True)
        if any(left.values()):
            raise _left(found, left)  # and nothing of it has happened
        total = _count(cursor, found, counts)
        _write(cursor, found, state="verifying", now=now, counts=total)
        return found


def _begin_again(request: _Request, left: Mapping[str, int]) -> NoReturn:
    """Rows under other columns than those that are looked up: of a profile whose rows were about to move here."""
    with for_shop(request.shop) as cursor:
        cursor.execute(
            "UPDATE customers_erasure SET state = 'erasing' WHERE shop_id = %s AND id = %s AND state = 'verifying'",
            [request.shop, request.id],
        )
    raise _left(request, left)


def _left(request: _Request, left: Mapping[str, int]) -> Retryable:
    where = ", ".join(f"{column} {rows}" for column, rows in left.items() if rows)
    log.error("erasure incomplete; begun again later", shop=request.shop, erasure=request.id, left=where)
    return Retryable(f"rows are left: {where}", after_seconds=60)


def is_leaving(cursor: Cursor, person: Person) -> bool:
    """Whether rows of somebody else still stand under the person's ids; expects `hold_consumers`."""
    xid, seq = unread_from(cursor)
    row = cursor.execute(
        SQL["is_leaving"],
        {
            "xid": xid, "seq": seq, "shop": person.shop, "ids": list(person.ids), "moved": CUSTOMERS_MERGED,
            "ours": Origin.OURS,
        },
    ).fetchone()  # fmt: skip
    return bool(row and row[0])


def is_blocked(*, shop: ShopId, identifiers: Sequence[tuple[int, str]]) -> bool:
    """Whether all of these (kind, value) were erased, and the person has not come back since."""
    key = facts(shop).signing_key
    hashes = [hash_identifier(key, kind, value) for kind, value in identifiers]
    with for_shop(shop) as cursor:
        row = cursor.execute(
            "SELECT count(*) FROM customers_erased WHERE shop_id = %s AND hash = ANY (%s) AND reopened_at IS NULL",
            [shop, hashes],
        ).fetchone()
    return bool(row and row[0] == len(set(hashes)))


def _verify(request: _Request, clock: Clock) -> None:
    files = sum(each.throw_away(request.person) for each in registry.personal_files)
    report = verifying.search(request.shop, request.ids, request.identifiers)
    if any(report["rows_by_id"].values()):
        _begin_again(request, report["rows_by_id"])
    with for_shop(request.shop) as cursor:
        if _read(cursor, request.shop, request.id) is None:
            return
        _count(cursor, request, {"files": files})
        cursor.execute(
            "UPDATE customers_erasure SET state = 'finished', finished_at = %s, sealed = NULL, verification = %s "
            "WHERE shop_id = %s AND id = %s",
            [clock.now(), json.dumps(report), request.shop, request.id],
        )
        shops.audit(
            shop=request.shop, actor="system", action="Customer Erased", target=f"erasure {request.id}",
            detail={"is_clean": report["is_clean"]},
        )  # fmt: skip
    ERASURES.labels("clean" if report["is_clean"] else "traces").inc()
    log.info("erasure finished", shop=request.shop, erasure=request.id, is_clean=report["is_clean"])
