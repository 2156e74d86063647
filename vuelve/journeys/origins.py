"""What messages come from: journeys. For the pages of `channels`, which do not know them."""

from collections.abc import Mapping, Sequence

from django.urls import reverse

from vuelve.journeys.models import Journey
from vuelve.platform.db import Cursor
from vuelve.platform.ids import ShopId


class JourneyOrigins:
    def options(self, cursor: Cursor, shop: ShopId) -> Sequence[tuple[int, str]]:
        return list(Journey.objects.filter(shop_id=shop).order_by("name").values_list("pk", "name"))

    def links(self, cursor: Cursor, shop: ShopId, ids: Sequence[int]) -> Mapping[int, tuple[str, str]]:
        rows = Journey.objects.filter(shop_id=shop, pk__in=ids).values_list("pk", "name", "key", "shop__slug")
        return {
            pk: (name, reverse("journey", kwargs={"shop_slug": slug, "key": key}))
            for pk, name, key, slug in rows
        }
