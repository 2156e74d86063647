"""What the overview says while the lake cannot be written."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from vuelve.platform.db import raw_cursor
from vuelve.platform.extension import Problem
from vuelve.platform.ids import ShopId
from vuelve.platform.ui import formats

if TYPE_CHECKING:
    from django.http import HttpRequest


class LakeProblems:
    def problems(self, request: "HttpRequest", shop: ShopId, *, now: datetime) -> Sequence[Problem]:
        row = (
            raw_cursor()
            .execute("SELECT failing_since FROM lake_state WHERE failing_since IS NOT NULL")
            .fetchone()
        )
        if row is None:
            return []
        text = _(
            "The lake cannot be written since %(since)s. Nothing is lost: it catches up once its store is back."
        )
        return [Problem(text % {"since": formats.moment(row[0])}, "bad", href="", since=row[0])]
