"""`vuelve init` and sign-in links."""

import secrets
from typing import Any

from django.conf import settings
from django.db import transaction

from vuelve.journeys.services import install_builtins
from vuelve.platform import clock
from vuelve.platform.errors import VuelveError, not_found
from vuelve.platform.ids import ShopId
from vuelve.shops import services
from vuelve.shops.accounts.factors import forget_second_factor
from vuelve.shops.models import KeyKind, Member, Membership, Role, Shop


def create(
    *, name: str, slug: str, email: str, country: str, currency: str, time_zone: str, locale: str
) -> dict[str, Any]:
    """A shop with its owner, keys and built-in journeys, all or nothing. What exists is named without secrets."""
    if existing := Shop.objects.filter(slug=slug).first():
        return describe(existing)
    password = secrets.token_urlsafe(12)
    try:
        with transaction.atomic():
            shop = services.create_shop(
                slug=slug, name=name, country=country, currency=currency, time_zone=time_zone, locale=locale
            )
            services.create_member(shop=shop, email=email, password=password, role=Role.OWNER, locale=locale)
            write_key = services.issue_key(shop=shop, kind=KeyKind.WRITE)
            secret_key = services.issue_key(shop=shop, kind=KeyKind.SECRET)
            install_builtins(shop=ShopId(shop.pk))
            services.audit(shop=ShopId(shop.pk), actor="system", action="Shop Created", target=slug)
    except VuelveError as error:
        if error.code == "shop_exists":  # another `vuelve init` was quicker
            return describe(Shop.objects.get(slug=slug))
        raise
    return {
        "shop": slug,
        "write_key": write_key.secret,
        "secret_key": secret_key.secret,
        "admin_email": email,
        "admin_password": password,
    }


def describe(shop: Shop) -> dict[str, Any]:
    owner = (
        Membership.objects.select_related("member").filter(shop=shop, role=Role.OWNER).order_by("pk").first()
    )
    return {"shop": shop.slug, "admin_email": owner.member.email if owner else None}


def sign_in_url(*, email: str, base_url: str | None = None, is_without_second_factor: bool = False) -> str:
    """`is_without_second_factor`: the member's is removed first. Raises VuelveError `not_found`."""
    member = Member.objects.filter(email=email.strip().lower(), is_active=True).first()
    if member is None:
        raise not_found("member")
    if is_without_second_factor:
        forget_second_factor(member)
    token = services.issue_sign_in_link(member=member, now=clock.real.now())
    return f"{base_url or settings.PUBLIC_URL}/sign-in/{token}"
