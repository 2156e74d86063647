"""What channels keep of a person: messages, what they were made of, and suppressed addresses."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

import msgspec
from django.utils.translation import gettext_lazy as _

from vuelve.channels.contracts import ERASED, MessageAborted, RenderFailed
from vuelve.channels.outcomes import SQL
from vuelve.channels.rendering import load_versions, render
from vuelve.platform.db import Cursor, stream_dicts
from vuelve.platform.extension import Person, PersonalRows
from vuelve.platform.ids import CustomerId

_SUPPRESSED = "FROM channels_suppression WHERE shop_id = %(shop)s AND address = ANY (%(addresses)s)"


ROWS: dict[str, PersonalRows] = {
    "channels_message": PersonalRows(_("Messages"), stays=True),
    "channels_suppression": PersonalRows(_("Suppressed addresses")),
}


class ChannelsPrivacy:
    name: ClassVar[str] = "channels"
    tables: ClassVar[tuple[str, ...]] = ("channels_message", "channels_suppression")

    def export(self, cursor: Cursor, person: Person) -> Mapping[str, Iterable[Mapping[str, Any]]]:
        whose = _whose(person)
        return {
            "messages": (
                _as_read(cursor, row) for row in stream_dicts(cursor, SQL["export_messages"], whose)
            ),
            "suppressions": stream_dicts(
                cursor,
                f"SELECT channel, address, reason, suppressed_at {_SUPPRESSED} ORDER BY suppressed_at",
                whose,
            ),
        }

    def erase(
        self, cursor: Cursor, person: Person, *, remains: CustomerId, now: datetime
    ) -> Mapping[str, int]:
        whose = _whose(person) | {"remains": remains, "now": now, "reason": ERASED}
        cursor.execute(SQL["erase_messages"], whose)
        messages = cursor.rowcount
        # Whoever comes back must opt in anew, so an opt-out by address has nothing left to do.
        cursor.execute(f"DELETE {_SUPPRESSED}", whose)
        return {"channels_message": messages, "channels_suppression": cursor.rowcount}


def _as_read(cursor: Cursor, row: dict[str, Any]) -> dict[str, Any]:
    """With the words that the person was sent, rendered again from what is kept; what was never sent has none."""
    version_id = row.pop("template_version_id")
    if row["sent_at"] is None:
        return row | {"text": None}
    version = load_versions(cursor, [version_id])[version_id]
    try:
        rendered = render(
            version, locale=row["locale"] or version.locales[0], data=msgspec.json.decode(row["snapshot"])
        )
    except (RenderFailed, MessageAborted):
        return row | {"text": None}
    return row | {"text": rendered.text}


def _whose(person: Person) -> dict[str, Any]:
    addresses = [identifier.lower() for identifier in person.identifiers]
    return {"shop": person.shop, "ids": list(person.ids), "addresses": addresses}
