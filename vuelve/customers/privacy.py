"""What this package keeps of a person: profiles, identifiers, traits, consents and their proof."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from vuelve.platform.db import Cursor, stream_dicts
from vuelve.platform.extension import Person, PersonalRows
from vuelve.platform.ids import CustomerId

_SECTIONS: Mapping[str, tuple[str, str]] = {
    "profiles": ("customers_customer", "id"),
    "words": ("customers_word", "word"),
    "identifiers": ("customers_identifier", "kind, value"),
    "claims": ("customers_claim", "kind, value, claim_rank"),
    "separations": ("customers_veto", "kind, value"),
    "merges": ("customers_alias", "customer_id"),
    "traits": ("customers_trait", "name"),
    "trait_history": ("customers_trait_change", "name, set_at"),
    "consents": ("customers_consent", "channel, purpose"),
    "consent_decisions": ("customers_consent_change", "decided_at, channel, purpose, message_id"),
}
_COLUMN = {"customers_customer": "id"}
_BY_IDENTIFIER = frozenset({"customers_claim", "customers_veto"})  # on the person's identifiers, or by them


ROWS: dict[str, PersonalRows] = {
    "customers_customer": PersonalRows(_("Profiles")),
    "customers_identifier": PersonalRows(_("Contact data and ids")),
    "customers_trait": PersonalRows(_("Traits")),
    "customers_consent_change": PersonalRows(_("Decisions on consent")),
    "files": PersonalRows(_("Uploaded and exported files")),
}


class CustomersPrivacy:
    name: ClassVar[str] = "customers"
    tables: ClassVar[tuple[str, ...]] = tuple(table for table, _order in _SECTIONS.values())

    def export(self, cursor: Cursor, person: Person) -> Mapping[str, Iterable[Mapping[str, Any]]]:
        whose = _parameters(person)
        return {
            section: stream_dicts(cursor, _select(table, order), whose)
            for section, (table, order) in _SECTIONS.items()
        }

    def erase(
        self, cursor: Cursor, person: Person, *, remains: CustomerId, now: datetime
    ) -> Mapping[str, int]:
        whose = _parameters(person)
        counts = {}
        for table in self.tables:
            cursor.execute(f"DELETE FROM {table} WHERE shop_id = %(shop)s AND {_whose(table)}", whose)
            counts[table] = cursor.rowcount
        return counts


def _parameters(person: Person) -> dict[str, Any]:
    return {"shop": person.shop, "ids": list(person.ids), "values": list(person.identifiers)}


def _whose(table: str) -> str:
    if table in _BY_IDENTIFIER:
        return "(by_id = ANY (%(ids)s) OR value = ANY (%(values)s))"
    return f"{_COLUMN.get(table, 'customer_id')} = ANY (%(ids)s)"


def _select(table: str, order: str) -> str:
    return f"SELECT * FROM {table} WHERE shop_id = %(shop)s AND {_whose(table)} ORDER BY {order}"
