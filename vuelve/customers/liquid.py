"""The object `customer` in templates: who the message is for.

`customer`: id, user_id, email, phone, first_name, last_name, name, locale, country, time_zone, created_at, and
`traits`: all that identify calls set, by name; `traits.address` has the address's parts. What is not known is nil.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from vuelve.platform.db import Cursor, Statements, fetch_dicts
from vuelve.platform.extension import MessageSubject
from vuelve.platform.ids import MessageId, ShopId

SQL = Statements(__file__)
ADDRESS = "address"


class CustomerObject:
    name: ClassVar[str] = "customer"

    def load(self, cursor: Cursor, shop: ShopId, subjects: Sequence[MessageSubject]) -> dict[MessageId, Any]:
        asked = sorted({subject.customer_id for subject in subjects})
        if not asked:
            return {}
        cursor.execute(SQL["customers_of_messages"], {"shop": shop, "customers": asked})
        rows = {row.pop("asked_id"): row for row in fetch_dicts(cursor)}
        cursor.execute(
            SQL["traits_of_customers"],
            {"shop": shop, "customers": sorted({row["id"] for row in rows.values()})},
        )
        traits: dict[int, dict[str, Any]] = defaultdict(dict)
        for customer, trait, text, number, boolean in cursor.fetchall():
            _put(traits[customer], trait, _value(text, number, boolean))
        objects = {asked_id: _customer(row, traits[row["id"]]) for asked_id, row in rows.items()}
        return {
            subject.message_id: objects[subject.customer_id]
            for subject in subjects
            if subject.customer_id in objects
        }


def _customer(row: dict[str, Any], traits: dict[str, Any]) -> dict[str, Any]:
    created_at: datetime = row["created_at"]
    return row | {"created_at": created_at.isoformat(), "traits": traits}


def _put(traits: dict[str, Any], name: str, value: Any) -> None:
    """`address.city` becomes traits.address.city; a plain trait `address` gives way to the parts."""
    group, dot, part = name.partition(".")
    if dot and group == ADDRESS:
        parts = traits.get(ADDRESS)
        if not isinstance(parts, dict):
            parts = traits[ADDRESS] = {}
        parts[part] = value
    else:
        traits.setdefault(name, value)


def _value(text: str | None, number: Decimal | None, boolean: bool | None) -> str | int | float | bool | None:
    if text is not None:
        return text
    if number is not None:
        return int(number) if number == number.to_integral_value() else float(number)
    return boolean
