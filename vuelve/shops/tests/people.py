"""Members and requests for tests of pages."""

import itertools
import os
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from django.test import Client, RequestFactory

from vuelve.platform.ids import ShopId
from vuelve.platform.ui.periods import Period
from vuelve.shops import services
from vuelve.shops.http import ShopRequest
from vuelve.shops.models import Member, Role, Shop

PASSWORD = "correcto-caballo-pila"
_numbers = itertools.count(1)


def another_shop() -> Shop:
    """Beside that of the fixture `shop`. (`vuelve.testing` is above this package: it knows events.)"""
    return services.create_shop(slug=f"other-{os.getpid()}-{next(_numbers)}", name="Otra Tienda")


def make_member(
    shop: Shop, *, role: Role = Role.OWNER, locale: str = "es", name: str = "Ana Torres"
) -> Member:
    email = f"member-{os.getpid()}-{next(_numbers)}@example.com"
    return services.create_member(
        shop=shop, email=email, password=PASSWORD, role=role, name=name, locale=locale
    )


def browser_of(member: Member | None = None, *, language: str = "") -> Client:
    """A client that is signed in as the member, as far as there is one."""
    client = Client(HTTP_HOST="localhost", headers={"accept-language": language} if language else None)
    if member is not None:
        client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page_request(shop: Shop, *, now: datetime, days: int = 28) -> ShopRequest:
    """What the middleware hands to a view or a panel of this shop."""
    request = RequestFactory().get(f"/s/{shop.slug}/")
    zone = ZoneInfo(shop.time_zone)
    for name, value in {
        "shop": shop,
        "shop_id": ShopId(shop.pk),
        "shop_zone": zone,
        "period": Period(days, now, zone),
    }.items():
        setattr(request, name, value)
    return cast(ShopRequest, request)
