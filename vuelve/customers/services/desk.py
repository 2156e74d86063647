"""Privacy requests that stores pass on, in the words of this package."""

from datetime import datetime

import structlog

from vuelve.customers.contracts import IdentifierKind
from vuelve.customers.rules.texts import normal_email
from vuelve.customers.services.disclosing import request_export
from vuelve.customers.services.erasing import is_blocked, request_erasure
from vuelve.customers.services.identities import claim, resolve
from vuelve.customers.services.shop_erasing import erase_shop
from vuelve.platform.ids import CustomerId, ShopId

log = structlog.get_logger(__name__)


class StorePrivacyDesk:
    """A repeat changes nothing: a person has one request, however often it is made."""

    def request_export(
        self,
        *,
        shop: ShopId,
        user_id: str | None,
        email: str | None,
        phone: str | None,
        source: str,
        now: datetime,
    ) -> None:
        customer = _known(shop, user_id, email, phone)
        if customer is None:
            log.info("a copy was asked for of a person nobody knows", shop=shop, source=source)
            return
        request_export(shop=shop, customer=customer, requested_by=source, now=now)

    def request_erasure(
        self,
        *,
        shop: ShopId,
        user_id: str | None,
        email: str | None,
        phone: str | None,
        source: str,
        now: datetime,
    ) -> None:
        """Also of a person who is not known yet: what is on its way in the log must not bring them back."""
        customer = _known(shop, user_id, email, phone)
        named = _named(user_id, email, phone)
        if customer is None and named:
            if is_blocked(shop=shop, identifiers=named):
                return
            customer = claim(
                shop=shop, user_id=user_id, email=email, phone=phone, now=now, key=f"erasure/{source}"
            )
        if customer is not None:
            request_erasure(shop=shop, customer=customer, requested_by=source, now=now)

    def erase_shop(self, *, shop: ShopId, source: str) -> None:
        erase_shop(shop=shop, requested_by=source)


def _named(user_id: str | None, email: str | None, phone: str | None) -> list[tuple[int, str]]:
    given = (
        (IdentifierKind.USER, user_id),
        (IdentifierKind.EMAIL, normal_email(email) if email else None),
        (IdentifierKind.PHONE, phone),
    )
    return [(int(kind), value) for kind, value in given if value]


def _known(shop: ShopId, user_id: str | None, email: str | None, phone: str | None) -> CustomerId | None:
    """By the strongest identifier that somebody has."""
    for one in ({"user_id": user_id}, {"email": email}, {"phone": phone}):
        if any(one.values()) and (customer := resolve(shop=shop, **one)) is not None:
            return customer
    return None
