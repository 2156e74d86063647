"""What the log keeps of a person: every event, with its source; typed copies; events that were set aside."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from vuelve.events.rewriting import make_bare, thin_out
from vuelve.events.services import SQL
from vuelve.platform.db import Cursor, stream_dicts
from vuelve.platform.extension import Person, PersonalRows
from vuelve.platform.ids import CustomerId

_QUARANTINE = (
    "FROM events_quarantine q WHERE q.shop_id = %(shop)s AND EXISTS (SELECT FROM events_event e "
    "WHERE e.shop_id = q.shop_id AND e.customer_id = ANY (%(ids)s) AND e.seq = q.seq)"
)
# Refused events are nobody's: they are found by what they say, at most REJECTS_PER_SHOP_MAX rows. A short id would be
# found in texts that have nothing to do with the person.
_REFUSED = (
    "FROM events_rejected WHERE shop_id = %(shop)s AND EXISTS (SELECT FROM unnest(%(identifiers)s::text[]) i "
    "WHERE length(i) >= 6 AND strpos(lower(excerpt), i) > 0)"
)
# Webhooks as they came say who is in them; those that were never understood are searched.
_WEBHOOKS = (
    "events_webhook WHERE shop_id = %(shop)s AND (people && %(identifiers)s::text[] OR (state IN ('failed', 'unknown') "
    "AND EXISTS (SELECT FROM unnest(%(identifiers)s::text[]) i "
    "WHERE length(i) >= 6 AND position(convert_to(i, 'UTF8') IN body) > 0)))"
)
_TOLD_OF = "events_store_object WHERE shop_id = %(shop)s AND kind = 'customers' AND object_id = ANY (%(identifiers)s)"
# A sender may write an address into an event's name or into a key, and so into the schema.
_SCHEMA = (
    "WHERE shop_id = %(shop)s AND EXISTS (SELECT FROM unnest(%(identifiers)s::text[]) i "
    "WHERE length(i) >= 6 AND (strpos(lower(name), i) > 0 OR strpos(lower({text}), i) > 0))"
)
_SCHEMA_TABLES = {
    "events_schema_property": _SCHEMA.format(text="property"),
    "events_schema_hour": _SCHEMA.format(text="name"),
    "events_schema": _SCHEMA.format(text="name"),
}
_ALL_ROWS = 2**31


ROWS: dict[str, PersonalRows] = {
    "events_event": PersonalRows(_("Events")),
    "events_rejected": PersonalRows(_("Refused events")),
}


class EventsPrivacy:
    name: ClassVar[str] = "events"
    tables: ClassVar[tuple[str, ...]] = (
        "events_event",
        "events_property",
        "events_quarantine",
        "events_rejected",
        "events_webhook",
        "events_store_object",
        *_SCHEMA_TABLES,
    )

    def export(self, cursor: Cursor, person: Person) -> Mapping[str, Iterable[Mapping[str, Any]]]:
        whose = _whose(person)
        return {
            "events": stream_dicts(cursor, SQL["export_events"], whose),
            "set_aside": stream_dicts(
                cursor, f"SELECT q.consumer, q.message_id, q.error, q.quarantined_at {_QUARANTINE}", whose
            ),
            "refused": stream_dicts(
                cursor,
                f"SELECT received_at, source, code, event_name, excerpt {_REFUSED} ORDER BY id",
                whose,
            ),
            "webhooks": stream_dicts(
                cursor,
                "SELECT topic, received_at, state, convert_from(body, 'UTF8') AS body FROM "
                f"{_WEBHOOKS} AND state <> 'failed' ORDER BY received_at",
                whose,
            ),
        }

    def erase(
        self, cursor: Cursor, person: Person, *, remains: CustomerId, now: datetime
    ) -> Mapping[str, int]:
        whose = _whose(person)
        cursor.execute(f"DELETE {_QUARANTINE}", whose)
        set_aside = cursor.rowcount
        cursor.execute(
            "DELETE FROM events_property WHERE shop_id = %(shop)s AND customer_id = ANY (%(ids)s)", whose
        )
        copies = cursor.rowcount
        cursor.execute(f"DELETE {_REFUSED}", whose)
        refused = cursor.rowcount
        cursor.execute(f"DELETE FROM {_WEBHOOKS}", whose)
        webhooks = cursor.rowcount
        cursor.execute(f"DELETE FROM {_TOLD_OF}", whose)
        told_of = cursor.rowcount
        schema = {
            table: cursor.execute(f"DELETE FROM {table} {found}", whose).rowcount
            for table, found in _SCHEMA_TABLES.items()
        }
        cursor.execute(
            "UPDATE events_store_object SET user_id = NULL, email = NULL, phone = NULL WHERE shop_id = %(shop)s AND "
            "(user_id = ANY (%(identifiers)s) OR email = ANY (%(identifiers)s) OR phone = ANY (%(identifiers)s))",
            whose,
        )
        told_of += cursor.rowcount
        counts = Counter(thin_out(cursor, person, rows=_ALL_ROWS))
        kept = make_bare(cursor, person, remains=remains)
        counts.update(
            {
                "events_event": kept,
                "events_property": copies,
                "events_quarantine": set_aside,
                "events_rejected": refused,
                "events_webhook": webhooks,
                "events_store_object": told_of,
                **schema,
            }
        )
        return counts


def _whose(person: Person) -> dict[str, Any]:
    identifiers = [identifier.lower() for identifier in person.identifiers]
    return {"shop": person.shop, "ids": list(person.ids), "identifiers": identifiers}
