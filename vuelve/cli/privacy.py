"""`vuelve privacy`: a copy, and an erasure, for those who run the server's command line."""

import json
import sys
from pathlib import Path

import click
from django.utils import translation

from vuelve.customers import queries_privacy
from vuelve.customers.services import disclosing, erasing, resolve
from vuelve.platform import clock
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError, not_found
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.shops.models import Shop

BY = "cli"


def export(*, shop: str, customer: int | None, email: str | None, out: Path | None) -> None:
    found, whose = _named(shop, customer, email)
    now = clock.real.now()
    if out is None:
        disclosing.export_json(shop=found, customer=whose, by=BY, now=now, into=sys.stdout.buffer)
        return
    make = disclosing.export_zip if out.suffix == ".zip" else disclosing.export_json
    with out.open("wb") as file:
        make(shop=found, customer=whose, by=BY, now=now, into=file)
    click.echo(f"written to {out}", err=True)


def erase(*, shop: str, customer: int | None, email: str | None, is_sure: bool) -> None:
    """Does the job itself instead of waiting for `vuelve jobs`, which then finds it done."""
    found, whose = _named(shop, customer, email)
    with for_shop(found) as cursor, translation.override("en"):
        goes, stays = queries_privacy.known_rows(
            erasing.preview(cursor, disclosing.person_of(cursor, found, whose))
        )
        for title, rows in (("goes", goes), ("stays, without the person", stays)):
            click.echo(
                f"{title}: " + (", ".join(f"{count} {label}" for label, count in rows) or "nothing"), err=True
            )
    if not is_sure:
        click.confirm("Erase for good?", abort=True, err=True)
    request = erasing.request_erasure(shop=found, customer=whose, requested_by=BY, now=clock.real.now())
    erasing.erase(shop=found, erasure=request, clock=clock.real)
    with for_shop(found) as cursor:
        click.echo(json.dumps(queries_privacy.report(cursor, found, request).as_json()))


def _named(slug: str, customer: int | None, email: str | None) -> tuple[ShopId, CustomerId]:
    shop = Shop.objects.filter(slug=slug).first()
    if shop is None:
        raise not_found("shop")
    if (customer is None) == (email is None):
        raise VuelveError("customer_missing", "Say who: --customer or --email.")
    found = ShopId(shop.pk)
    if customer is not None:
        return found, CustomerId(customer)
    resolved = resolve(shop=found, email=email)
    if resolved is None:
        raise not_found("customer")
    return found, resolved
