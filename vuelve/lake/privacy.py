"""The lake holds people too: an erasure rewrites its files without them."""

from vuelve.lake import upkeep
from vuelve.platform.clock import real
from vuelve.platform.extension import Person
from vuelve.platform.ids import ShopId


class LakeFiles:
    def throw_away(self, person: Person) -> int:
        return upkeep.erase(shop=person.shop, ids=person.ids, now=real.now())

    def throw_away_all(self, shop: ShopId) -> int:
        return upkeep.erase_shop(shop=shop, now=real.now())
