"""The only writer of shops, members, keys, sign-in links and the audit log."""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError, not_found
from vuelve.platform.ids import ShopId, hash_secret, new_secret
from vuelve.shops.contracts import KeyHolder, NewKey
from vuelve.shops.models import (
    ApiKey,
    AuditEntry,
    KeyKind,
    Member,
    Membership,
    Retention,
    Role,
    Shop,
    SignInLink,
)

# A key is used thousands of times a second: that it is in use need not be known to the second.
KEY_USE_NOTED_SECONDS = 600

_PREFIX = {KeyKind.WRITE: "vw", KeyKind.SECRET: "vs"}


def create_shop(
    *,
    slug: str,
    name: str,
    country: str = "MX",
    currency: str = "MXN",
    time_zone: str = "America/Mexico_City",
    locale: str = "es",
    is_demo: bool = False,
    is_sandbox: bool = False,
) -> Shop:
    """Raises VuelveError `shop_exists` if the slug is taken."""
    try:
        with transaction.atomic():
            return Shop.objects.create(
                slug=slug,
                name=name,
                country=country,
                currency=currency,
                time_zone=time_zone,
                locale=locale,
                is_demo=is_demo,
                is_sandbox=is_sandbox,
                signing_key=secrets.token_hex(32),
            )
    except IntegrityError as error:
        raise VuelveError("shop_exists", f"A shop `{slug}` exists.", field="slug", status=409) from error


def create_member(
    *, shop: Shop, email: str, password: str, role: Role, name: str = "", locale: str = ""
) -> Member:
    """A member of the shop; raises VuelveError `member_exists` if the e-mail is taken."""
    try:
        with transaction.atomic():
            member = Member.objects.create_member(email=email, password=password, name=name, locale=locale)
            Membership.objects.create(shop=shop, member=member, role=role)
            return member
    except IntegrityError as error:
        raise VuelveError("member_exists", f"A member {email} exists.", field="email", status=409) from error


def issue_key(*, shop: Shop, kind: KeyKind, label: str = "", scopes: Collection[str] | None = None) -> NewKey:
    """`scopes`: what a secret key is limited to; None for everything."""
    secret = new_secret(_PREFIX[kind])
    ApiKey.objects.create(
        shop=shop,
        kind=kind,
        label=label,
        hint=secret[:8],
        hash=hash_secret(secret),
        scopes=sorted(scopes) if scopes is not None else None,
    )
    return NewKey(secret=secret, hint=secret[:8])


def key_holder(*, secret: str) -> KeyHolder | None:
    """Whose key it is; None if it is unknown, revoked or expired. Its use is noted, once in KEY_USE_NOTED_SECONDS."""
    now = real.now()
    row = (
        ApiKey.objects.filter(is_valid(now), hash=hash_secret(secret))
        .values_list("shop_id", "kind", "shop__orders_need_secret_key", "pk", "last_used_at", "scopes")
        .first()
    )
    if row is None:
        return None
    if row[4] is None or row[4] < now - timedelta(seconds=KEY_USE_NOTED_SECONDS):
        ApiKey.objects.filter(pk=row[3]).update(last_used_at=now)
    return KeyHolder(
        shop=ShopId(row[0]),
        is_secret=row[1] == KeyKind.SECRET,
        orders_need_secret_key=bool(row[2]),
        scopes=frozenset(row[5]) if row[5] is not None else None,
    )


def holder_of(*, shop: ShopId, key: int) -> KeyHolder:
    """Whose key it is, by the row's number: for tests within the back office. Raises VuelveError `not_found`."""
    row = ApiKey.objects.select_related("shop").filter(is_valid(real.now()), pk=key, shop=shop).first()
    if row is None:
        raise not_found("key")
    return KeyHolder(
        shop=shop,
        is_secret=row.kind == KeyKind.SECRET,
        orders_need_secret_key=row.shop.orders_need_secret_key,
        scopes=frozenset(row.scopes) if row.scopes is not None else None,
    )


def is_valid(now: datetime) -> Q:
    """Keys that work."""
    return Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now))


def guard_orders(*, shop: ShopId, is_needed: bool, actor: str) -> None:
    """Whether orders, payments, shipments, products and consents are taken only with a secret key. Audited; known in 5 s."""
    with for_shop(shop):
        changed = Shop.objects.filter(pk=shop, orders_need_secret_key=not is_needed).update(
            orders_need_secret_key=is_needed
        )
        if changed:
            action = "Secret Key For Orders Required" if is_needed else "Secret Key For Orders Waived"
            audit(shop=shop, actor=actor, action=action)


def issue_sign_in_link(*, member: Member, now: datetime, valid: timedelta = timedelta(days=1)) -> str:
    """A token that signs the member in once."""
    token = secrets.token_urlsafe(24)
    SignInLink.objects.create(member=member, hash=hash_secret(token), expires_at=now + valid)
    return token


def use_sign_in_link(*, token: str, now: datetime) -> Member | None:
    """The member, once; None if the token is unknown, used or too old."""
    taken = SignInLink.objects.filter(Q(hash=hash_secret(token)), used_at=None, expires_at__gt=now).update(
        used_at=now
    )
    if not taken:
        return None
    return SignInLink.objects.select_related("member").get(hash=hash_secret(token)).member


def end_sign_in_links(*, member: Member, now: datetime) -> None:
    """Those that were not used work no more."""
    SignInLink.objects.filter(member=member, used_at=None).update(used_at=now)


def audit(
    *, shop: ShopId, actor: str, action: str, target: str = "", detail: Mapping[str, Any] | None = None
) -> None:
    """Note who did what, in the transaction of the deed. `action` is past tense: `Journey Published`."""
    with for_shop(shop):
        AuditEntry.objects.create(
            shop_id=shop, actor=actor, action=action, target=target, detail=dict(detail or {})
        )


def set_retention(*, shop: ShopId, days: Mapping[str, int | None], actor: str) -> None:
    """For how many days the shop keeps what each rule is about; None: for good. Rules that are not named stay."""
    with for_shop(shop):
        for rule, kept in days.items():
            Retention.objects.update_or_create(shop_id=shop, rule=rule, defaults={"days": kept})
        audit(shop=shop, actor=actor, action="Retention Changed", detail=days)
