"""Reads of the control plane that other packages need."""

from email.utils import formataddr

from vuelve.platform.db import raw_cursor
from vuelve.platform.errors import VuelveError, not_found
from vuelve.platform.ids import ShopId
from vuelve.shops.contracts import ShopFacts
from vuelve.shops.models import Retention, Shop


def all_shop_ids() -> list[ShopId]:
    """Every shop of the installation, for workers that batch across shops."""
    # A raw statement: workers ask several times a second, and the ORM took a tenth of a batch of one event.
    return [
        ShopId(row[0]) for row in raw_cursor().execute("SELECT id FROM shops_shop ORDER BY id").fetchall()
    ]


def facts_of(shop: Shop) -> ShopFacts:
    return ShopFacts(
        id=ShopId(shop.pk),
        slug=shop.slug,
        name=shop.name,
        country=shop.country,
        currency=shop.currency,
        time_zone=shop.time_zone,
        locale=shop.locale,
        sender=formataddr(
            (shop.sender_name or shop.name, shop.sender_email or f"no-reply@{shop.slug}.invalid")
        ),
        signing_key=shop.signing_key,
        stays_here=shop.is_sandbox or shop.is_demo,
    )


def facts(shop: ShopId) -> ShopFacts:
    """Raises Shop.DoesNotExist."""
    return facts_of(Shop.objects.get(pk=shop))


def facts_by_id() -> dict[ShopId, ShopFacts]:
    return {ShopId(shop.pk): facts_of(shop) for shop in Shop.objects.all()}


def shop_of_slug(slug: str) -> ShopId:
    """Raises VuelveError `not_found`. Without a slug: the only shop there is."""
    found = list(Shop.objects.filter(slug=slug) if slug else Shop.objects.all()[:2])
    if len(found) == 1:
        return ShopId(found[0].pk)
    if slug or not found:
        raise not_found(f"shop {slug}" if slug else "shop")
    raise VuelveError("shop_unclear", "There are several shops.", field="shop", hint="Name one with --shop.")


def retention(shop: ShopId) -> dict[str, int | None]:
    """The days that the shop has chosen, by rule; rules it has not spoken of are missing. Within `for_shop`."""
    return dict(Retention.objects.filter(shop_id=shop).values_list("rule", "days"))
