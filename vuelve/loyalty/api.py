"""Points over HTTP, for the shop's own servers (secret key). Each deed has a `key`: the same again changes nothing."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from vuelve.customers.queries import canonical_id, customer_row
from vuelve.loyalty import queries, services
from vuelve.loyalty.contracts import KEY_CHARS_MAX, NOTE_CHARS_MAX, POINTS_MAX, Award, Posted
from vuelve.platform import clock
from vuelve.platform.db import Cursor, for_shop
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.platform.limits import ORDER_ID_CHARS_MAX
from vuelve.shops.api import RowNumber, answers, needs, shop_of
from vuelve.shops.scopes import Scope

ACTOR = "api"
KEY_REUSED = "`points_key_reused`: the key was used for something else."

router = Router(tags=["points"])


class Points(Schema):
    """`points` can be spent; `expiring` of them are gone at `expires_at`, the next such moment."""

    customer_id: int = Field(examples=[17])
    points: int = Field(examples=[60])
    pending: int = Field(description="Earned, and not to be spent before returns are over.", examples=[0])
    earned: int = Field(description="Ever.", examples=[110])
    redeemed: int = Field(description="Ever.", examples=[50])
    expiring: int = Field(examples=[20])
    expires_at: datetime | None = Field(examples=["2026-09-01T06:00:00Z"])


def _text(most: int, least: int = 0) -> dict[str, Any]:
    """What the document says of a text; the services refuse what is not so, each with a code of its own."""
    return {"minLength": least, "maxLength": most, "pattern": "^[^\\u0000]*$"}


# 1.0, "1" and true are no points.
WHOLE = Field(
    strict=True,
    description="A whole number.",
    examples=[50],
    json_schema_extra={"minimum": 1, "maximum": POINTS_MAX},
)
KEY = Field(
    description="Yours, for this deed. The same again changes nothing and gives the first answer.",
    examples=["checkout-9f2"],
    json_schema_extra=_text(KEY_CHARS_MAX, 1),
)
REFERENCE = Field(
    "", description="For people, in the customer's statement.", json_schema_extra=_text(KEY_CHARS_MAX)
)


class Redemption(Schema):
    """`order_id`: what the points pay for; if that order is cancelled they are given back."""

    points: int = WHOLE
    key: str = KEY
    order_id: str | None = Field(
        None,
        description="What the points pay for. If that order is cancelled they are given back.",
        json_schema_extra=_text(ORDER_ID_CHARS_MAX, 1),
    )
    reference: str = REFERENCE


class GivenPoints(Schema):
    points: int = WHOLE
    key: str = KEY
    reference: str = REFERENCE


class Reversal(Schema):
    """`of`: the key of what is undone."""

    of: str = Field(
        description="The key of what is undone.",
        examples=["checkout-9f2"],
        json_schema_extra=_text(KEY_CHARS_MAX, 1),
    )
    key: str = Field(
        description="Yours, for this deed. The same again changes nothing and gives the first answer.",
        examples=["undo-9f2"],
        json_schema_extra=_text(KEY_CHARS_MAX, 1),
    )
    note: str = Field("", description="Why, for people.", json_schema_extra=_text(NOTE_CHARS_MAX))


class Transfer(Schema):
    """`is_new` is false for a repeat; `balance` is what the customer has now."""

    transfer: int = Field(examples=[811])
    points: int = Field(examples=[50])
    balance: int = Field(examples=[10])
    is_new: bool = Field(examples=[True])


@router.get(
    "/customers/{customer_id}/points",
    **needs(Scope.POINTS_READ),
    response=answers(Points, 404),
    summary="What a customer can spend",
)
def points(request: HttpRequest, customer_id: RowNumber) -> dict[str, object]:
    """By the ledger, now. Of a customer who was merged: of the one that counts now."""
    shop = shop_of(request)
    with for_shop(shop) as cursor:
        customer = _customer(cursor, shop, customer_id)
        found = queries.balance(cursor, shop, customer)
    return {
        "customer_id": customer,
        "points": found.spendable,
        "pending": found.pending,
        "earned": found.earned,
        "redeemed": found.redeemed,
        "expiring": found.expiring,
        "expires_at": found.expires_at,
    }


@router.post(
    "/customers/{customer_id}/points/redeem",
    **needs(
        Scope.POINTS_WRITE,
        on_409=f"`points_insufficient`: there are not as many. {KEY_REUSED}",
    ),
    response=answers(Transfer, 404, 409),
    summary="Spend points",
)
def redeem(request: HttpRequest, payload: Redemption, customer_id: RowNumber) -> Posted:
    """Those that expire first are spent first. Of two calls that want the last points one wins; the other gets 409."""
    shop = shop_of(request)
    with for_shop(shop) as cursor:
        customer = _customer(cursor, shop, customer_id)
    return services.redeem(
        shop=shop,
        customer=customer,
        points=payload.points,
        key=payload.key,
        order_id=payload.order_id,
        reference=payload.reference,
        actor=ACTOR,
        now=clock.real.now(),
    )


@router.post(
    "/customers/{customer_id}/points/award",
    **needs(Scope.POINTS_WRITE, on_409=f"{KEY_REUSED} `points_no_programme`: the shop has none."),
    response=answers(Transfer, 404, 409),
    summary="Give points",
)
def award(request: HttpRequest, payload: GivenPoints, customer_id: RowNumber) -> Posted:
    """By the programme's rules of expiry. Orders earn by themselves: this is for everything else."""
    shop = shop_of(request)
    with for_shop(shop) as cursor:
        customer = _customer(cursor, shop, customer_id)
    given = Award(
        customer=customer, points=payload.points, key=payload.key, reference=payload.reference, actor=ACTOR
    )
    return services.award(shop=shop, award=given, now=clock.real.now())


@router.post(
    "/points/reverse",
    **needs(
        Scope.POINTS_WRITE,
        on_409=f"`points_returned`: it was undone before. `points_not_reversible`: it is neither spent nor given. {KEY_REUSED}",
    ),
    response=answers(Transfer, 404, 409),
    summary="Undo a transfer by a new one",
)
def reverse(request: HttpRequest, payload: Reversal) -> Posted:
    """What was spent is given back, what was given is taken back."""
    return services.reverse(
        shop=shop_of(request),
        of=payload.of,
        key=payload.key,
        note=payload.note,
        actor=ACTOR,
        now=clock.real.now(),
    )


def _customer(cursor: Cursor, shop: ShopId, customer: int) -> CustomerId:
    """Whom the id counts for now. Raises VuelveError `not_found`."""
    holder = canonical_id(cursor, shop, CustomerId(customer))
    customer_row(cursor, shop, holder)
    return holder
