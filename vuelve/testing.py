"""Factories for tests: they call services, so a test stands on what the product does."""

import itertools
import os

from vuelve.shops import services as shops
from vuelve.shops.models import Shop

_numbers = itertools.count(1)


def make_shop(**facts: str) -> Shop:
    """A shop in Mexico City that pays in MXN, unless said otherwise."""
    return shops.create_shop(slug=f"shop-{os.getpid()}-{next(_numbers)}", name="Tienda de Prueba", **facts)  # type: ignore[arg-type]
