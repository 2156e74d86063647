"""What needs a person in the settings: a key that was replaced and is used still."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from django.http import HttpRequest
from django.utils.translation import gettext as _

from vuelve.platform.extension import Problem
from vuelve.platform.ids import ShopId
from vuelve.shops.http import ShopRequest, link
from vuelve.shops.models import ApiKey
from vuelve.shops.permissions import may_manage_keys
from vuelve.shops.services_keys import OVERLAP

# Time to put the new key everywhere before anybody is told.
PATIENCE = timedelta(hours=2)


class KeyProblems:
    def problems(self, request: HttpRequest, shop: ShopId, *, now: datetime) -> Sequence[Problem]:
        page = cast(ShopRequest, request)
        if not may_manage_keys(page.membership):
            return []
        replaced = ApiKey.objects.filter(shop_id=shop, revoked_at=None, expires_at__gt=now)
        return [
            Problem(
                _("The key %(hint)s… was replaced and is used still: it ends within a day")
                % {"hint": key.hint},
                "warn",
                link(page, "keys"),
                key.last_used_at,
            )
            for key in replaced
            if key.expires_at and key.last_used_at and key.last_used_at > key.expires_at - OVERLAP + PATIENCE
        ]
