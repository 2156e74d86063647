"""Rows follow the customer they belong to: when they are merged or separated, and when an order id goes to a better claim."""

from psycopg import sql

from vuelve.commerce.services import SQL
from vuelve.customers.services import open_moves
from vuelve.platform.db import Cursor

# All that stands under the customer of an order, but for its key.
_OF_ORDERS = (
    "commerce_order",
    "commerce_item",
    "commerce_order_update",
    "commerce_refund",
    "commerce_payment",
    "commerce_shipment",
    "commerce_shipment_checkpoint",
)
_OF_CUSTOMERS = (
    "commerce_order_key",
    *_OF_ORDERS,
    "commerce_coupon",
    "commerce_coupon_refusal",
    "commerce_rejected",
    "commerce_cart",
)

_OF_NODE = "(m.node_id IS NULL OR coalesce(t.node_id, t.customer_id) = m.node_id)"
_OF_ORDER = "t.order_id = m.order_id"


def follow_claims(cursor: Cursor) -> None:
    """Orders whose id a better claim of this batch has. Expects their keys held."""
    if cursor.execute(SQL["follow_claims"]).rowcount:
        for table in _OF_ORDERS:
            _move(cursor, table, _OF_ORDER)
        cursor.execute("SELECT vuelve_clear('pg_temp.commerce_move')")


def follow_merges(cursor: Cursor) -> None:
    """Nodes that count for another customer than before. Expects `services.hold_merges`."""
    open_moves(cursor)
    if cursor.execute(SQL["find_merges"]).rowcount:
        for table in _OF_CUSTOMERS:
            _move(cursor, table, _OF_NODE)


def _move(cursor: Cursor, table: str, scope: str) -> None:
    others = sql.SQL(", ").join(map(sql.Identifier, _columns(table, cursor)))
    statement = sql.SQL(SQL["move_rows"]).format(
        table=sql.Identifier(table), columns=others, scope=sql.SQL(scope)
    )
    cursor.execute(statement)


_known: dict[str, tuple[str, ...]] = {}


def _columns(table: str, cursor: Cursor) -> tuple[str, ...]:
    """The table's columns but for those of whose it is: a column that is added later moves with the others."""
    if table not in _known:
        rows = cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
            "AND attname NOT IN ('customer_id', 'node_id') ORDER BY attnum",
            [table],
        ).fetchall()
        _known[table] = tuple(row[0] for row in rows)
    return _known[table]
