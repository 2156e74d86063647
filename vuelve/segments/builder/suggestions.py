"""What the shop's own data offer to choose from while a condition is typed."""

from collections.abc import Mapping

from vuelve.commerce.queries import brands_of, categories_of, payment_methods_of
from vuelve.customers.conditions import PROFILE_COLUMNS
from vuelve.customers.queries import countries
from vuelve.events.contracts import Kind
from vuelve.events.queries import schema
from vuelve.platform.db import Cursor
from vuelve.platform.ids import ShopId

EVENTS_MAX = 10  # whose properties are read for one form


def lists(cursor: Cursor, shop: ShopId, events: Mapping[str, str], currency: str) -> dict[str, list[str]]:
    """By what an input `suggests`, and `properties:<path>` for leaves that name an event, given by their paths."""
    traits = [
        each.property for each in schema.properties_of(cursor, shop, kind=Kind.IDENTIFY, name="identify")
    ]
    found = {
        "events": schema.names(cursor, shop),
        "traits": sorted({*PROFILE_COLUMNS, *traits}),
        "values": countries(cursor, shop),
        "products": sorted({*categories_of(cursor, shop), *brands_of(cursor, shop)}),
        "payment_methods": payment_methods_of(cursor, shop),
        "currencies": [currency],
    }
    for name in list(dict.fromkeys(events.values()))[:EVENTS_MAX]:
        known = [each.property for each in schema.properties_of(cursor, shop, kind=Kind.TRACK, name=name)]
        found |= {f"properties:{path}": known for path, named in events.items() if named == name}
    return found
