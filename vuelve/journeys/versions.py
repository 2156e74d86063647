"""Published versions, kept in memory by their id: they never change."""

from collections.abc import Iterable

from vuelve.journeys import rules
from vuelve.journeys.contracts import PublishedVersion
from vuelve.journeys.models import Version
from vuelve.platform.ids import ShopId

CACHE_MAX = 5_000
_known: dict[int, PublishedVersion] = {}


def published(version_ids: Iterable[int]) -> dict[int, PublishedVersion]:
    """The versions by id, within a transaction that sees their shops."""
    wanted = set(version_ids)
    if missing := wanted - _known.keys():
        if len(_known) + len(missing) > CACHE_MAX:
            _known.clear()
            missing = wanted
        for row in Version.objects.select_related("journey").filter(pk__in=missing):
            graph = rules.parse(row.graph)
            _known[row.pk] = PublishedVersion(
                id=row.pk,
                shop=ShopId(row.shop_id),
                journey_id=row.journey_id,
                journey_key=row.journey.key,
                number=row.number,
                graph=graph,
                order=rules.topological_order(graph),
            )
    return {version_id: _known[version_id] for version_id in wanted}
