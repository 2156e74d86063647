"""One transfer each, as people and programs ask for them. All are idempotent by key.

Events recorded: `Points Earned`, `Points Redeemed`, `Points Adjusted` (negative: `points` below zero), `Points Returned`,
`Points Withdrawn`; each with {transfer, points, balance} and, where known, order_id, reference, shortfall.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import psycopg

from vuelve.customers.queries import customer_row
from vuelve.customers.services import canonical
from vuelve.loyalty import queries
from vuelve.loyalty.contracts import (
    GIVEN_BACK_DAYS,
    KEY_CHARS_MAX,
    NOTE_CHARS_MAX,
    POINTS,
    POINTS_ADJUSTED,
    POINTS_MAX,
    POINTS_REDEEMED,
    POINTS_RETURNED,
    Award,
    Posted,
    TransferKind,
)
from vuelve.loyalty.rules import expires_at
from vuelve.loyalty.services.batches import (
    SQL,
    open_batches,
    post_awards,
    post_withdrawals,
    stage_awards,
    tell,
)
from vuelve.loyalty.services.earning import hold_merges
from vuelve.loyalty.services.programmes import terms_of
from vuelve.platform.db import Cursor, call_in_shop, for_shop
from vuelve.platform.errors import VuelveError, conflict, not_found
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.platform.limits import ORDER_ID_CHARS_MAX
from vuelve.shops.services import audit

_TOO_FEW = "VL409"


def redeem(
    *,
    shop: ShopId,
    customer: CustomerId,
    points: int,
    key: str,
    now: datetime,
    order_id: str | None = None,
    reference: str = "",
    actor: str = "",
) -> Posted:
    """Spend points, those nearest to expiry first. The same key again returns the first result.

    Raises VuelveError `points_insufficient` (409; of two redemptions of the last points one wins), `points_key_reused`
    (409), `points_invalid`, `points_key`, `points_order`. After an error nothing has happened.
    """
    _check(points, key, reference)
    if order_id is not None and (not 1 <= len(order_id) <= ORDER_ID_CHARS_MAX or "\x00" in order_id):
        raise VuelveError(
            "points_order", f"An order's id has 1 to {ORDER_ID_CHARS_MAX} characters.", field="order_id"
        )
    return _spend(
        shop,
        {
            "customer": customer,
            "kind": TransferKind.REDEEMED,
            "points": points,
            "key": key,
            "order": order_id,
            "reference": reference,
            "note": "",
            "actor": actor,
            "event": POINTS_REDEEMED,
            "now": now,
        },
    )


def award(*, shop: ShopId, award: Award, now: datetime) -> Posted:
    """Give points by the programme's expiry. Raises VuelveError as `redeem`, and `points_no_programme` (409)."""
    return _give(shop, award, TransferKind.AWARDED, now)


def adjust(
    *, shop: ShopId, customer: CustomerId, points: int, key: str, note: str, actor: str, now: datetime
) -> Posted:
    """Give points (above zero) or take them (below) by hand, with the reason. Audited. Raises as `redeem`, and
    `points_note`, `not_found`."""
    if not note.strip() or len(note) > NOTE_CHARS_MAX or "\x00" in note:
        raise VuelveError("points_note", "Say why, in at most 500 characters.", field="note")
    with for_shop(shop) as cursor:
        customer_row(cursor, shop, canonical(shop=shop, customer=customer))
        if points > 0:
            given = Award(customer=customer, points=points, key=key, note=note.strip(), actor=actor)
            posted = _give(shop, given, TransferKind.ADJUSTED, now)
        else:
            _check(-points, key, "")
            posted = _spend(
                shop,
                {
                    "customer": customer,
                    "kind": TransferKind.ADJUSTED,
                    "points": -points,
                    "key": key,
                    "order": None,
                    "reference": "",
                    "note": note.strip(),
                    "actor": actor,
                    "event": POINTS_ADJUSTED,
                    "now": now,
                },
            )
        if posted.is_new:
            audit(
                shop=shop,
                actor=actor,
                action="Points Adjusted",
                target=str(customer),
                detail={"points": points, "note": note.strip(), "balance": posted.balance},
            )
        return posted


def give_back(*, shop: ShopId, of: str, key: str, now: datetime, note: str = "", actor: str = "") -> Posted:
    """Give back what the transfer with key `of` took: a redemption, or an adjustment below zero.

    The points return to the lots they came from; those that have expired since can be spent for GIVEN_BACK_DAYS. Raises VuelveError
    `not_found`, `points_returned` (409: it was before, under another key), `points_not_reversible` (409),
    `points_key_reused` (409).
    """
    _check(1, key, "")
    _check_texts(of, note)
    with for_shop(shop) as cursor:
        row = cursor.execute(
            SQL["give_back"],
            {
                "shop": shop,
                "of": of,
                "key": key,
                "note": note,
                "actor": actor,
                "event": POINTS_RETURNED,
                "days": GIVEN_BACK_DAYS,
                "now": now,
            },
        ).fetchone()
        assert row is not None
        outcome, transfer, points, balance = row
        if outcome == "unknown":
            raise not_found("transfer")
        if outcome == "other_kind":
            raise conflict(
                "points_not_reversible", "Only what was spent or taken by hand can be given back.", field="of"
            )
        if outcome == "returned":
            raise conflict("points_returned", "These points were given back before.", field="of")
        return _posted(outcome, transfer, points, balance)


def reverse(*, shop: ShopId, of: str, key: str, note: str, actor: str, now: datetime) -> Posted:
    """Undo the transfer with key `of` by a new one: what was spent is given back, what was given is taken back. Audited.

    Raises as `give_back`. Of an award that is spent the balance stops at zero, or goes below it where the programme allows
    that; the transfer notes what was short.
    """
    _check(1, key, "")
    _check_texts(of, note)
    with for_shop(shop) as cursor:
        lot = cursor.execute(SQL["lot_of_key"], {"shop": shop, "key": of}).fetchone()
        if lot is None:
            posted = give_back(shop=shop, of=of, key=key, note=note, actor=actor, now=now)
        else:
            posted = _take_back(cursor, shop, of=of, lot=lot, key=key, note=note, actor=actor, now=now)
        if posted.is_new:
            audit(
                shop=shop,
                actor=actor,
                action="Points Reversed",
                target=of,
                detail={"points": posted.points, "note": note},
            )
        return posted


def _take_back(
    cursor: Cursor,
    shop: ShopId,
    *,
    of: str,
    lot: tuple[Any, ...],
    key: str,
    note: str,
    actor: str,
    now: datetime,
) -> Posted:
    lot_id, customer = lot
    terms = terms_of(shop)
    open_batches(cursor)
    cursor.execute(
        "INSERT INTO pg_temp.loyalty_withdraw_in (shop_id, lot_id, keep, key, reference, note, actor, allows_debt) "
        "VALUES (%s, %s, 0, %s, %s, %s, %s, %s)",
        [shop, lot_id, key, of, note, actor, terms is not None and terms.allows_debt],
    )
    made = post_withdrawals(cursor, now=now)
    tell(cursor, now=now)
    known = cursor.execute(SQL["transfer_of_key"], {"shop": shop, "key": key}).fetchone()
    if known is None:
        raise conflict("points_returned", "These points were taken back before.", field="of")
    transfer, points, reference = known
    if reference != of:
        raise _key_reused()
    return Posted(transfer, points, queries.balance(cursor, shop, customer).spendable, made == 1)


def _give(shop: ShopId, given: Award, kind: TransferKind, now: datetime) -> Posted:
    _check(given.points, given.key, given.reference)
    terms = terms_of(shop)
    if terms is None:
        raise conflict("points_no_programme", "The shop has no loyalty programme.", field="shop")
    with for_shop(shop) as cursor:
        hold_merges(cursor, is_merging=False)
        holder = canonical(shop=shop, customer=given.customer)
        held = replace(given, customer=holder, node=given.node or given.customer)
        open_batches(cursor)
        stage_awards(cursor, shop, [held], earned_at=now, expires_at=expires_at(terms, now), kind=kind)
        is_new = post_awards(cursor, now=now) == 1
        tell(cursor, now=now)
        row = cursor.execute(SQL["award_posted"], {"shop": shop, "key": given.key}).fetchone()
        assert row is not None
        transfer, is_same, balance = row
        if not is_same:
            raise _key_reused()
        return Posted(transfer, given.points, balance, is_new)


def _spend(shop: ShopId, parameters: Mapping[str, Any]) -> Posted:
    wanted = {"unit": POINTS, **parameters}
    try:
        outcome, transfer, points, balance = call_in_shop(shop, SQL["spend"], wanted)
    except psycopg.DatabaseError as error:
        if error.sqlstate != _TOO_FEW:
            raise
        now_counts_for = canonical(shop=shop, customer=parameters["customer"])
        if now_counts_for != parameters["customer"]:
            return _spend(shop, {**parameters, "customer": now_counts_for})
        raise conflict(
            "points_insufficient",
            "The customer has fewer points than that.",
            field="points",
            hint="Look at the balance, and take at most as many.",
        ) from error
    return _posted(outcome, transfer, points, balance)


def _posted(outcome: str, transfer: int, points: int, balance: int | None) -> Posted:
    if outcome == "reused":
        raise _key_reused()
    return Posted(transfer, points, balance or 0, outcome == "new")


def _key_reused() -> VuelveError:
    return conflict(
        "points_key_reused",
        "This key stands for another transfer.",
        field="key",
        hint="Use one key for one deed.",
    )


def _check_texts(of: str, note: str) -> None:
    if not 1 <= len(of) <= KEY_CHARS_MAX or "\x00" in of:
        raise VuelveError("points_of", f"A key has 1 to {KEY_CHARS_MAX} characters.", field="of")
    if len(note) > NOTE_CHARS_MAX or "\x00" in note:
        raise VuelveError("points_note", f"A note has at most {NOTE_CHARS_MAX} characters.", field="note")


def _check(points: int, key: str, reference: str) -> None:
    if isinstance(points, bool) or not isinstance(points, int) or not 1 <= points <= POINTS_MAX:
        raise VuelveError(
            "points_invalid", f"Points are a whole number from 1 to {POINTS_MAX}.", field="points"
        )
    if not 1 <= len(key) <= KEY_CHARS_MAX or "\x00" in key:
        raise VuelveError("points_key", f"A key has 1 to {KEY_CHARS_MAX} characters.", field="key")
    if len(reference) > KEY_CHARS_MAX or "\x00" in reference:
        raise VuelveError(
            "points_reference", f"A reference has at most {KEY_CHARS_MAX} characters.", field="reference"
        )
