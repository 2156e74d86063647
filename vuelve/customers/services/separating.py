"""What staff decide about who is who: take a link between two identifiers back, put it in force again, join two customers.

Nothing is rewritten: a veto or a claim of staff is added to what identity works from, and all else follows.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from psycopg import sql as psql

from vuelve.customers.contracts import Identifier, IdentifierKind
from vuelve.customers.services import consents, profiles, verifying
from vuelve.customers.services.settling import Settled, follow_claims, hold, open_tables
from vuelve.platform.db import Cursor, for_shop
from vuelve.platform.errors import conflict, not_found
from vuelve.platform.extension import registry
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.shops import services as shops


@dataclass(frozen=True, slots=True)
class Preview:
    """What a separation would do."""

    nodes: tuple[int, ...]  # that would count for somebody else
    into: CustomerId | None  # for whom; None: the identifier would be nobody's until somebody is seen with it
    rows: dict[str, int]  # by table that people know by name (`registry.personal_rows`): what goes with them


def separate(
    *, shop: ShopId, identifier: Identifier, owner: int, actor: str, now: datetime
) -> CustomerId | None:
    """An identifier does not belong to `owner` (a node) any more, whatever events say; returns whom it counts for now.

    It goes to the next who claims it, else stands for itself. Who unsubscribed while both were one did so for both: what
    stands for itself again takes newer revocations along. Raises VuelveError `not_found` if it is not theirs.
    """
    with for_shop(shop) as cursor:
        before = _holder(cursor, identifier)
        _veto(cursor, shop, identifier, owner, actor, now)
        _keep_revocations(cursor, shop, before, _holder(cursor, identifier))
        shops.audit(
            shop=shop, actor=actor, action="Identity Separated", target=f"customer {owner}", detail=_detail(identifier)
        )  # fmt: skip
        return _holder(cursor, identifier)


def preview(*, shop: ShopId, identifier: Identifier, owner: int, now: datetime) -> Preview:
    """The same deed, rolled back."""
    with for_shop(shop) as cursor:
        with transaction.atomic():
            holder = _holder(cursor, identifier)
            _veto(cursor, shop, identifier, owner, "preview", now)
            into = _holder(cursor, identifier)
            moving = cursor.execute(
                "SELECT node_id FROM pg_temp.customers_moving ORDER BY node_id"
            ).fetchall()
            transaction.set_rollback(True)
        nodes = tuple(row[0] for row in moving)
        return Preview(nodes, into, _rows_of(cursor, shop, nodes, holder) if nodes and holder else {})


def rejoin(
    *, shop: ShopId, identifier: Identifier, owner: int, actor: str, now: datetime
) -> CustomerId | None:
    """Take a separation back; returns whom the identifier counts for now. Raises VuelveError `not_found`."""
    with for_shop(shop) as cursor:
        hold(cursor, shop)
        cursor.execute(
            "DELETE FROM customers_veto WHERE shop_id = %s AND kind = %s AND value = %s AND by_id = %s",
            [*identifier, owner],
        )
        if not cursor.rowcount:
            raise not_found("separation")
        _follow(cursor, identifier, now, "joined again by staff")
        shops.audit(
            shop=shop, actor=actor, action="Identity Joined Again", target=f"customer {owner}", detail=_detail(identifier)
        )  # fmt: skip
        return _holder(cursor, identifier)


def merge(*, shop: ShopId, customer: CustomerId, other: CustomerId, actor: str, now: datetime) -> CustomerId:
    """Two customers are one person; returns the one that counts for both. Idempotent; `separate` undoes it.

    Raises VuelveError `two_users` (409) if both have a user id, `not_found` for who is not known by an identifier.
    """
    with for_shop(shop) as cursor:
        hold(cursor, shop)
        ends = sorted({_end(cursor, shop, customer), _end(cursor, shop, other)})
        if len(ends) == 1:
            return ends[0].node
        strong, weak = ends
        if weak.kind == IdentifierKind.USER:
            raise conflict(
                "two_users", "Both customers have a user id, and two accounts are never one.", field="other"
            )
        identifier = Identifier(shop, weak.kind, weak.value)
        cursor.execute(
            "DELETE FROM customers_veto WHERE shop_id = %s AND kind = %s AND value = %s AND by_id = %s",
            [*identifier, strong.node],
        )
        cursor.execute(
            "INSERT INTO customers_claim (shop_id, kind, value, by_id, claim_rank, claimed_at, claimed_by, by_value) "
            "VALUES (%s, %s, %s, %s, 0, %s, %s, %s) ON CONFLICT DO NOTHING",
            [*identifier, strong.node, now, actor, strong.value],
        )
        _follow(cursor, identifier, now, "joined by staff")
        shops.audit(
            shop=shop, actor=actor, action="Customers Joined", target=f"customer {strong.node}",
            detail={"other": weak.node, **_detail(identifier)},
        )  # fmt: skip
        return strong.node


@dataclass(frozen=True, slots=True, order=True)
class _End:
    """The identifier at the end of a line of owners; the stronger the smaller."""

    kind: int
    value: str
    node: CustomerId


def _end(cursor: Cursor, shop: ShopId, customer: CustomerId) -> _End:
    row = cursor.execute(
        "SELECT kind, value, node_id FROM customers_identifier WHERE shop_id = %s AND owner_id IS NULL AND node_id = "
        "coalesce((SELECT canonical_id FROM customers_alias WHERE shop_id = %s AND customer_id = %s), %s)",
        [shop, shop, customer, customer],
    ).fetchone()
    if row is None:
        raise not_found("customer")
    return _End(row[0], row[1], CustomerId(row[2]))


def _veto(
    cursor: Cursor, shop: ShopId, identifier: Identifier, owner: int, actor: str, now: datetime
) -> None:
    hold(cursor, shop)
    owned = cursor.execute(
        "SELECT FROM customers_identifier WHERE shop_id = %s AND kind = %s AND value = %s AND owner_id = %s",
        [*identifier, owner],
    ).fetchone()
    if owned is None:
        raise not_found("link")
    cursor.execute(
        "INSERT INTO customers_veto (shop_id, kind, value, by_id, vetoed_at, member) VALUES (%s, %s, %s, %s, %s, %s)",
        [*identifier, owner, now, actor],
    )
    _follow(cursor, identifier, now, "separated by staff")


def _keep_revocations(
    cursor: Cursor, shop: ShopId, before: CustomerId | None, alone: CustomerId | None
) -> None:
    moved = cursor.execute(
        "SELECT FROM pg_temp.customers_moving WHERE node_id = %s AND into_id = %s", [alone, alone]
    ).fetchone()
    if before is None or alone is None or moved is None:
        return
    rows = cursor.execute(
        "SELECT b.channel, b.purpose, b.decided_at, b.message_id, b.source, b.wording FROM customers_consent b "
        "JOIN customers_consent c ON c.shop_id = b.shop_id AND c.customer_id = %s AND c.channel = b.channel "
        "AND c.purpose = b.purpose AND c.is_granted AND c.decided_at <= b.decided_at "
        "WHERE b.shop_id = %s AND b.customer_id = %s AND NOT b.is_granted",
        [alone, shop, before],
    ).fetchall()
    if rows:
        open_tables(cursor)
        consents.record(
            cursor,
            [
                consents.Decided(
                    shop, alone, alone, channel, purpose, False, decided_at, message_id, source, wording
                )
                for channel, purpose, decided_at, message_id, source, wording in rows
            ],
        )


def _follow(cursor: Cursor, identifier: Identifier, now: datetime, reason: str) -> None:
    open_tables(cursor)
    cursor.execute(
        "INSERT INTO pg_temp.customers_asked (shop_id, kind, value) VALUES (%s, %s, %s)", identifier
    )
    moves = follow_claims(cursor, now=now, reason=reason)
    consents.record(cursor, (), moves=moves)
    profiles.refresh(cursor, Settled(moves=moves), now=now)


def _rows_of(cursor: Cursor, shop: ShopId, nodes: Sequence[int], holder: CustomerId) -> dict[str, int]:
    """Rows of nodes that count for `holder`, by table: under the nodes themselves, or under the holder with their node."""
    columns: dict[str, set[str]] = defaultdict(set)
    for table, column in verifying.id_columns(cursor, indexed_only=False):
        if table in registry.personal_rows and not table.startswith("customers_"):
            columns[table].add(column)
    found = {}
    for table in registry.personal_rows:
        if "node_id" in columns[table]:
            whose = "customer_id = %(holder)s AND coalesce(node_id, customer_id) = ANY (%(nodes)s)"
        elif "customer_id" in columns[table]:
            whose = "customer_id = ANY (%(nodes)s)"
        else:
            continue
        query = psql.SQL(f"SELECT count(*) FROM {{}} WHERE shop_id = %(shop)s AND {whose}")
        row = cursor.execute(
            query.format(psql.Identifier(table)), {"shop": shop, "nodes": list(nodes), "holder": holder}
        ).fetchone()
        if row and row[0]:
            found[table] = int(row[0])
    return found


def _holder(cursor: Cursor, identifier: Identifier) -> CustomerId | None:
    row = cursor.execute(
        "SELECT customer_id FROM customers_identifier WHERE shop_id = %s AND kind = %s AND value = %s",
        identifier,
    ).fetchone()
    return None if row is None else CustomerId(row[0])


def _detail(identifier: Identifier) -> dict[str, str]:
    # The audit log outlives an erasure: which kind of identifier, not which.
    return {"identifier": IdentifierKind(identifier.kind).name.lower()}
