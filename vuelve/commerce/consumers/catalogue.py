"""Products: as the store's catalogue describes them, else as orders do."""

from collections.abc import Mapping
from typing import Any

from vuelve.commerce.services import SQL
from vuelve.platform.db import Cursor

CATEGORIES_MAX = 50
IMAGES_MAX = 20
VARIANTS_MAX = 250

_LISTS = {"categories_max": CATEGORIES_MAX, "images_max": IMAGES_MAX, "variants_max": VARIANTS_MAX}


def read_products(cursor: Cursor, bounds: Mapping[str, Any], *, is_any: bool) -> None:
    """Makes the working table in any case: what is rejected is looked for in it."""
    cursor.execute(SQL["open_products"])
    if is_any:
        cursor.execute(SQL["read_products"], {**bounds, **_LISTS})


def write_products(cursor: Cursor) -> None:
    cursor.execute(SQL["hold_products"])
    cursor.execute(SQL["keep_facts"])
    cursor.execute(SQL["settle_products"])
