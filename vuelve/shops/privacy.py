"""What the audit log may say of a customer: nothing by intention, but a member's words may name one."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from vuelve.platform.db import Cursor, stream_dicts
from vuelve.platform.extension import Person
from vuelve.platform.ids import CustomerId

_NAMED = (
    "shop_id = %(shop)s AND (lower(target) = ANY (%(identifiers)s) "
    "OR EXISTS (SELECT FROM unnest(%(identifiers)s::text[]) i WHERE length(i) >= 6 AND strpos(lower(detail::text), i) > 0))"
)


class ShopsPrivacy:
    name: ClassVar[str] = "shops"
    tables: ClassVar[tuple[str, ...]] = ("shops_auditentry",)

    def export(self, cursor: Cursor, person: Person) -> Mapping[str, Iterable[Mapping[str, Any]]]:
        return {
            "audit": stream_dicts(
                cursor,
                f"SELECT at, action, target FROM shops_auditentry WHERE {_NAMED} ORDER BY at",
                _whose(person),
            )
        }

    def erase(
        self, cursor: Cursor, person: Person, *, remains: CustomerId, now: datetime
    ) -> Mapping[str, int]:
        """That somebody did something stays; to whom does not."""
        cursor.execute(
            f"UPDATE shops_auditentry SET target = '', detail = '{{}}' WHERE {_NAMED}", _whose(person)
        )
        return {"shops_auditentry": cursor.rowcount}


def _whose(person: Person) -> dict[str, Any]:
    return {"shop": person.shop, "identifiers": [identifier.lower() for identifier in person.identifiers]}
