"""Files of exports name everybody: when a person is erased all of the shop go, and can be made anew."""

from vuelve.platform.db import for_shop
from vuelve.platform.extension import Person
from vuelve.platform.ids import ShopId
from vuelve.shops.exporting.services import path_of
from vuelve.shops.models import Export, ExportState


class ExportedFiles:
    def throw_away(self, person: Person) -> int:
        return self.throw_away_all(person.shop)

    def throw_away_all(self, shop: ShopId) -> int:
        with for_shop(shop):
            kept = list(
                Export.objects.filter(shop_id=shop).exclude(state__in=[ExportState.GONE, ExportState.FAILED])
            )
            removed = sum(path_of(export).exists() for export in kept)
            for export in kept:
                path_of(export).unlink(missing_ok=True)
            # One that is being written is not handed out either: it was read before the erasure.
            Export.objects.filter(pk__in=[export.pk for export in kept]).update(state=ExportState.GONE)
        return removed
