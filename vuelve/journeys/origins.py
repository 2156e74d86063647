"""Journeys, for the pages of packages that do not know them: what messages come from, and what looks at a segment."""

from collections.abc import Mapping, Sequence

from django.urls import reverse

from vuelve.journeys.models import Journey, Status
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


class JourneySegments:
    def users(self, cursor: Cursor, shop: ShopId, segment: int) -> Sequence[tuple[str, str]]:
        """The journeys whose version in force has a condition on the segment."""
        rows = cursor.execute(
            "SELECT j.name, j.key, s.slug FROM journeys_journey j "
            "JOIN journeys_version v ON v.id = j.live_version_id AND v.shop_id = j.shop_id "
            "JOIN shops_shop s ON s.id = j.shop_id "
            "WHERE j.shop_id = %(shop)s AND j.status <> %(archived)s AND jsonb_path_exists(v.graph, "
            "'$.** ? (@.type == \"segment\" && @.segment == $id)', jsonb_build_object('id', %(segment)s::bigint)) "
            "ORDER BY j.name",
            {"shop": shop, "segment": segment, "archived": Status.ARCHIVED},
        ).fetchall()
        return [
            (name, reverse("journey", kwargs={"shop_slug": slug, "key": key})) for name, key, slug in rows
        ]
