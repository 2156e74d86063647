"""Carts: when something last happened in them, and which order closed them. What is in them: `rules/carts.py`."""

from collections.abc import Mapping
from typing import Any

from vuelve.commerce.contracts import CART_EVENTS
from vuelve.commerce.services import SQL
from vuelve.platform.db import Cursor


def read_carts(cursor: Cursor, bounds: Mapping[str, Any], *, is_any: bool) -> None:
    """Makes the working table in any case: what is rejected is looked for in it."""
    cursor.execute(SQL["open_carts"])
    if is_any:
        cursor.execute(SQL["read_carts"], {**bounds, "cart_names": list(CART_EVENTS)})
        cursor.execute(SQL["keep_carts"])
