"""What segments keep of a person: which ones they are in."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from vuelve.platform.db import Cursor, Statements, stream_dicts
from vuelve.platform.extension import Person, PersonalRows
from vuelve.platform.ids import CustomerId

SQL = Statements(__file__)

ROWS: dict[str, PersonalRows] = {"segments_member": PersonalRows(_("Memberships of segments"))}


class SegmentsPrivacy:
    name: ClassVar[str] = "segments"
    tables: ClassVar[tuple[str, ...]] = ("segments_member",)

    def export(self, cursor: Cursor, person: Person) -> Mapping[str, Iterable[Mapping[str, Any]]]:
        whose = {"shop": person.shop, "ids": list(person.ids)}
        return {"segments": stream_dicts(cursor, SQL["export_memberships"], whose)}

    def erase(
        self, cursor: Cursor, person: Person, *, remains: CustomerId, now: datetime
    ) -> Mapping[str, int]:
        erased = cursor.execute(
            "DELETE FROM segments_member WHERE shop_id = %s AND customer_id = ANY (%s::bigint[])",
            [person.shop, list(person.ids)],
        ).rowcount
        return {"segments_member": erased}
