"""The demo's shop: made by the same services as any other, and marked as a demo so that every page says so."""

import secrets
from datetime import datetime

from vuelve.demo.data import CURRENCY
from vuelve.demo.schedule import ZONE, Schedule
from vuelve.events.services import make_months, prepare_log
from vuelve.journeys.services import install_builtins
from vuelve.loyalty.services import open_programme
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Member, Role, Shop
from vuelve.shops.services import create_member, create_shop

SLUG = "demo"
OWNER_EMAIL = "demo@example.com"
PROGRAMME = "Club Demo"
# The catalogue's own name of what a camera is sold under; the built-in cross-sell offers lenses and tripods after it.
CROSS_SELL_CATEGORY = "FILM AND CAMERA PRODUCTS"


def make_shop(schedule: Schedule, *, now: datetime) -> Shop:
    """The shop, its owner, the built-in journeys, a loyalty programme, and a log that reaches from the first live day to now."""
    prepare_log(now=now)
    for table in ("events_event", "journeys_transition"):
        make_months(table, schedule.live_from.date(), now.date())
    shop = create_shop(slug=SLUG, name="Tienda Demo", currency=CURRENCY, time_zone=ZONE.key, is_demo=True)
    # Nobody knows the password: the owner signs in by a one-time link.
    create_member(
        shop=shop, email=OWNER_EMAIL, password=secrets.token_urlsafe(24), role=Role.OWNER, name="Demo"
    )
    install_builtins(shop=ShopId(shop.pk), cross_sell_category=CROSS_SELL_CATEGORY)
    # History earns nothing: points are of what is bought once the programme has begun.
    open_programme(shop=ShopId(shop.pk), now=schedule.live_from, actor="system", name=PROGRAMME)
    return shop


def owner() -> Member:
    """Whom the one-time link signs in. Raises Member.DoesNotExist before a demo was made."""
    return Member.objects.get(email=OWNER_EMAIL)
