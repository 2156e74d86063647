"""Who has a second way to show who they are, and what a shop asks for."""

from collections.abc import Iterable

from allauth.mfa.models import Authenticator

from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Member, Membership, Shop
from vuelve.shops.permissions import may_manage_members, require
from vuelve.shops.services import audit

# Recovery codes are none by themselves: they come with one of these and go with it.
_COUNT = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def with_second_factor(members: Iterable[int]) -> set[int]:
    """Those of the members who have a code app or a passkey."""
    return set(
        Authenticator.objects.filter(user_id__in=list(members), type__in=_COUNT).values_list(
            "user_id", flat=True
        )
    )


def has_second_factor(member: Member) -> bool:
    return bool(with_second_factor([member.pk]))


def require_second_factor(*, by: Membership, is_needed: bool) -> None:
    """Whether all members of the shop need one; holds from their next click on. Raises VuelveError `forbidden`."""
    require(may_manage_members(by))
    shop = ShopId(by.shop_id)
    with for_shop(shop):
        changed = Shop.objects.filter(pk=shop, needs_second_factor=not is_needed).update(
            needs_second_factor=is_needed
        )
        if changed:
            action = "Second Factor Required" if is_needed else "Second Factor Waived"
            audit(shop=shop, actor=by.member.email, action=action)


def forget_second_factor(member: Member) -> None:
    """For who lost phone and codes: whoever runs the server knows who asks."""
    Authenticator.objects.filter(user=member).delete()
    for shop in member.memberships.values_list("shop_id", flat=True):
        audit(shop=ShopId(shop), actor="system", action="Second Factor Removed", target=member.email)
