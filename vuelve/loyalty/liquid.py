"""The object `loyalty` in templates.

`loyalty`: points (to spend), pending, earned and redeemed (ever), and `expiring` {points, expires_at} where some have a date.
Somebody without points has 0.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from vuelve.customers.queries import canonical_ids
from vuelve.loyalty import queries
from vuelve.loyalty.contracts import Balance
from vuelve.platform.db import Cursor
from vuelve.platform.extension import MessageSubject
from vuelve.platform.ids import MessageId, ShopId


class LoyaltyObject:
    name: ClassVar[str] = "loyalty"

    def load(self, cursor: Cursor, shop: ShopId, subjects: Sequence[MessageSubject]) -> dict[MessageId, Any]:
        asked = sorted({subject.customer_id for subject in subjects})
        if not asked:
            return {}
        holders = canonical_ids(cursor, shop, asked)
        found = queries.balances(cursor, shop, sorted(set(holders.values())))
        objects = {one: _as_json(found.get(holders[one], Balance())) for one in asked}
        return {subject.message_id: objects[subject.customer_id] for subject in subjects}


def _as_json(balance: Balance) -> dict[str, Any]:
    expiring = None
    if balance.expires_at is not None:
        expiring = {"points": balance.expiring, "expires_at": balance.expires_at.isoformat()}
    return {
        "points": max(balance.spendable, 0),
        "pending": balance.pending,
        "earned": balance.earned,
        "redeemed": balance.redeemed,
        "expiring": expiring,
    }
