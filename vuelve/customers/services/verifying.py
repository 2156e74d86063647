"""The proof of an erasure: no row holds one of the ids, and no text of the shop one of the identifiers."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from psycopg import sql

from vuelve.customers.contracts import Identifier, IdentifierKind
from vuelve.customers.services.settling import SQL
from vuelve.platform import limits
from vuelve.platform.db import Cursor, for_shop
from vuelve.platform.ids import ShopId

# Whatever a table calls the customer whom a row is about.
ID_COLUMNS = (
    "customer_id",
    "node_id",
    "canonical_id",
    "from_id",
    "into_id",
    "owner_id",
    "by_id",
    "anchor_id",
)
# An id of fewer characters is part of countless other texts: it is looked for where identifiers stand, and only whole.
SEARCHED_CHARS_MIN = 6
IDENTIFIER_COLUMNS = frozenset({"user_id", "anonymous_id", "email", "phone", "address", "value"})


def id_columns(cursor: Cursor, *, indexed_only: bool = False) -> list[tuple[str, str]]:
    """(table, column) of everything that holds customers' ids, from the catalogue."""
    rows = cursor.execute(SQL["id_columns"], {"names": list(ID_COLUMNS)}).fetchall()
    return [(table, column) for table, column, is_indexed in rows if is_indexed or not indexed_only]


def rows_by_id(cursor: Cursor, shop: ShopId, ids: Sequence[int], *, indexed_only: bool) -> dict[str, int]:
    """How many rows hold one of the ids, by table and column.

    Columns without an index are read from end to end: not while others wait.
    """
    found = {}
    for table, column in id_columns(cursor, indexed_only=indexed_only):
        query = sql.SQL("SELECT count(*) FROM {} WHERE shop_id = %s AND {} = ANY (%s)").format(
            sql.Identifier(table), sql.Identifier(column)
        )
        row = cursor.execute(query, [shop, list(ids)]).fetchone()
        found[f"{table}.{column}"] = row[0] if row else 0
    return found


def search(shop: ShopId, ids: Sequence[int], identifiers: Sequence[Identifier]) -> dict[str, Any]:
    """Look through all tables of the shop; JSON-able, and without what was looked for.

    At most VERIFY_ROWS_MAX rows a table are read, in a transaction a table; what was left out is said.
    """
    with for_shop(shop) as cursor:
        by_id = rows_by_id(cursor, shop, ids, indexed_only=False)
        tables = cursor.execute(SQL["text_columns"]).fetchall()
    tables_found: dict[str, Any] = {}
    pattern, whole = _pattern(identifiers), [each.value.lower() for each in identifiers]
    for table, columns, are_bytes in tables:
        with for_shop(shop) as cursor:
            rows, hits = _look(
                cursor, shop, table, dict(zip(columns, are_bytes, strict=True)), pattern, whole
            )
        tables_found[table] = {
            "rows": min(rows, limits.VERIFY_ROWS_MAX),
            "is_complete": rows <= limits.VERIFY_ROWS_MAX,
            "hits": hits,
        }
    return {
        "is_clean": not any(by_id.values()) and not any(each["hits"] for each in tables_found.values()),
        "is_complete": all(each["is_complete"] for each in tables_found.values()),
        "identifiers": len(identifiers),
        "rows_by_id": by_id,
        "tables": tables_found,
    }


def _pattern(identifiers: Iterable[Identifier]) -> str:
    """A regular expression for the identifiers as words of their own; one that never matches if there are none."""
    words = [
        re.sub(r"([^\w\s@-])", r"\\\1", each.value.lower())
        for each in identifiers
        if len(each.value) >= SEARCHED_CHARS_MIN or each.kind in (IdentifierKind.EMAIL, IdentifierKind.PHONE)
    ]
    return f"(^|[^[:alnum:]])({'|'.join(words)})($|[^[:alnum:]])" if words else "a^"


def _look(
    cursor: Cursor, shop: ShopId, table: str, columns: Mapping[str, bool], pattern: str, whole: Sequence[str]
) -> tuple[int, dict[str, int]]:
    """How many rows were read (one more than VERIFY_ROWS_MAX: there are others), and hits by column.

    `columns` says which hold bytes instead of text.
    """
    counts = sql.SQL(", ").join(_hits(column, is_bytes) for column, is_bytes in columns.items())
    query = sql.SQL(
        "SELECT count(*), {counts} FROM (SELECT * FROM {table} WHERE shop_id = %(shop)s LIMIT %(rows)s) t"
    ).format(counts=counts, table=sql.Identifier(table))
    row = cursor.execute(
        query,
        {"shop": shop, "pattern": pattern, "whole": list(whole), "rows": limits.VERIFY_ROWS_MAX + 1},
    ).fetchone()
    assert row is not None
    return row[0], {column: hits for column, hits in zip(columns, row[1:], strict=True) if hits}


def _hits(column: str, is_bytes: bool) -> sql.Composed:
    name = sql.Identifier(column)
    text = sql.SQL("lower(encode({}, 'escape'))" if is_bytes else "lower({}::text)").format(name)
    whole = sql.SQL(" OR {} = ANY (%(whole)s)").format(text)
    is_hit = sql.SQL("{} ~ %(pattern)s").format(text)
    if column in IDENTIFIER_COLUMNS:
        is_hit += whole
    return sql.SQL("count(*) FILTER (WHERE {})").format(is_hit)
