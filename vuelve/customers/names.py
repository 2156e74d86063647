"""Customers' names for pages of packages above that know only ids, and what this package reads of events."""

from collections.abc import Mapping, Sequence

from vuelve.customers.queries import titles_of
from vuelve.platform.db import Cursor
from vuelve.platform.extension import EventVocabulary
from vuelve.platform.ids import CustomerId, ShopId

_CONSENT = EventVocabulary(required=("channel", "purpose"), useful=("source", "wording"))
VOCABULARY = {"Consent Granted": _CONSENT, "Consent Revoked": _CONSENT}


class Names:
    def titles(
        self, cursor: Cursor, shop: ShopId, customers: Sequence[CustomerId]
    ) -> Mapping[CustomerId, str]:
        return titles_of(cursor, shop, customers)
