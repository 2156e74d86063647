"""Customers over HTTP: by the identifiers that the shop's own servers know."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.params.functions import Query

from vuelve.customers.contracts import IdentifierKind
from vuelve.customers.queries import CustomerRow, canonical_id, customer_row
from vuelve.customers.rules.texts import normal_email
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError, not_found
from vuelve.platform.ids import CustomerId
from vuelve.platform.phones import is_e164
from vuelve.shops.api import answers, needs, shop_of
from vuelve.shops.scopes import Scope

router = Router(tags=["customers"])
_USER_ID: Any = Query(None, example="42")


class Customer(Schema):
    """`id` is what the other addresses ask for. A customer who was merged is shown as the one that counts now."""

    id: int = Field(examples=[17])
    user_id: str | None = Field(examples=["42"])
    email: str | None = Field(examples=["ana@example.com"])
    phone: str | None = Field(examples=["+525512345678"])
    name: str | None = Field(examples=["Ana Peña"])
    locale: str | None = Field(examples=["es-MX"])
    country: str | None = Field(examples=["MX"])
    first_seen_at: datetime = Field(examples=["2026-01-08T17:20:00Z"])
    last_seen_at: datetime = Field(examples=["2026-03-01T10:00:00Z"])


@router.get(
    "/customers",
    **needs(Scope.CUSTOMERS_READ, on_422="`identifier`: not exactly one, or none of its kind."),
    response=answers(Customer, 404),
    summary="Look a customer up",
)
def look_up(
    request: HttpRequest,
    user_id: str | None = _USER_ID,
    email: str | None = None,
    phone: str | None = None,
) -> CustomerRow:
    """By exactly one of `user_id` (as your store calls the customer), `email`, or `phone` (E.164, as in +525512345678)."""
    given = [
        (kind, value)
        for kind, value in (
            (IdentifierKind.USER, user_id),
            (IdentifierKind.EMAIL, email),
            (IdentifierKind.PHONE, phone),
        )
        if value is not None
    ]
    if len(given) != 1:
        raise VuelveError("identifier", "Give one of user_id, email and phone.", field="user_id", status=422)
    [(kind, value)] = given
    shop = shop_of(request)
    with for_shop(shop) as cursor:
        row = cursor.execute(
            "SELECT customer_id FROM customers_identifier WHERE shop_id = %s AND kind = %s AND value = %s",
            [shop, int(kind), _normal(kind, value)],
        ).fetchone()
        if row is None:
            raise not_found("customer")
        return customer_row(cursor, shop, canonical_id(cursor, shop, CustomerId(row[0])))


def _normal(kind: IdentifierKind, value: str) -> str:
    """As it is kept. Raises VuelveError `identifier`."""
    if "\x00" in value or not value.isprintable():
        raise VuelveError("identifier", "An identifier holds no control characters.", status=422)
    match kind:
        case IdentifierKind.EMAIL:
            email = normal_email(value)
            if email is None:
                raise VuelveError("identifier", "This is no e-mail address.", field="email", status=422)
            return email
        case IdentifierKind.PHONE if not is_e164(value):
            raise VuelveError(
                "identifier",
                "A phone number is in E.164.",
                field="phone",
                hint="As in +525512345678.",
                status=422,
            )
        case _:
            return value
