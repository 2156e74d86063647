"""Points over HTTP, for the shop's own servers (secret key). Each deed has a `key`: the same again changes nothing."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Field, Router, Schema

from vuelve.customers.queries import canonical_id, customer_row
from vuelve.loyalty import queries, services
from vuelve.loyalty.contracts import Award, Posted
from vuelve.platform import clock
from vuelve.platform.db import Cursor, for_shop
from vuelve.platform.ids import CustomerId, ShopId

ACTOR = "api"

router = Router(tags=["points"])


class Points(Schema):
    """`points` can be spent; `expiring` of them are gone at `expires_at`, the next such moment."""

    customer_id: int
    points: int
    pending: int
    earned: int
    redeemed: int
    expiring: int
    expires_at: datetime | None


class Redemption(Schema):
    """`order_id`: what the points pay for; if that order is cancelled they are given back."""

    points: int = Field(strict=True)  # 1.0, "1" and true are none
    key: str
    order_id: str | None = None
    reference: str = ""


class GivenPoints(Schema):
    points: int = Field(strict=True)  # 1.0, "1" and true are none
    key: str
    reference: str = ""


class Reversal(Schema):
    """`of`: the key of what is undone."""

    of: str
    key: str
    note: str = ""


class Transfer(Schema):
    """`is_new` is false for a repeat; `balance` is what the customer has now."""

    transfer: int
    points: int
    balance: int
    is_new: bool


@router.get("/customers/{customer_id}/points", response=Points, summary="What a customer can spend")
def points(request: HttpRequest, customer_id: int) -> dict[str, object]:
    shop = _shop(request)
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


@router.post("/customers/{customer_id}/points/redeem", response=Transfer, summary="Spend points")
def redeem(request: HttpRequest, customer_id: int, payload: Redemption) -> Posted:
    """409 `points_insufficient`: there are not as many, and nothing has happened. Of two at once one wins."""
    shop = _shop(request)
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


@router.post("/customers/{customer_id}/points/award", response=Transfer, summary="Give points")
def award(request: HttpRequest, customer_id: int, payload: GivenPoints) -> Posted:
    """By the programme's rules of expiry. Orders earn by themselves: this is for everything else."""
    shop = _shop(request)
    with for_shop(shop) as cursor:
        customer = _customer(cursor, shop, customer_id)
    given = Award(
        customer=customer, points=payload.points, key=payload.key, reference=payload.reference, actor=ACTOR
    )
    return services.award(shop=shop, award=given, now=clock.real.now())


@router.post("/points/reverse", response=Transfer, summary="Undo a transfer by a new one")
def reverse(request: HttpRequest, payload: Reversal) -> Posted:
    """What was spent is given back, what was given is taken back."""
    return services.reverse(
        shop=_shop(request),
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


def _shop(request: HttpRequest) -> ShopId:
    return ShopId(request.auth)  # type: ignore[attr-defined]
