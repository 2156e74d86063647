"""Who belongs to a shop, and in which role: invitations, roles, removals. All audited; owners are the business of owners."""

import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError, conflict, not_found
from vuelve.platform.ids import ShopId, hash_secret
from vuelve.shops.models import Invitation, Member, Membership, Role, Shop
from vuelve.shops.permissions import may_grant, require
from vuelve.shops.services import audit

INVITATION_VALID = timedelta(days=7)
MEMBERS_MAX = 200  # and open invitations as many
EMAIL_CHARS_MAX = 200  # what the audit log has room for


def invite(*, by: Membership, email: str, role: str, now: datetime) -> str:
    """A token that lets its bearer join as `email`, once, for seven days. One that was open for the address ends.

    Raises VuelveError `forbidden`, `email` (409: too long), `member_exists` (409), `members_limit` (409).
    """
    require(role in Role.values and may_grant(by, role))
    email, shop, token = email.strip().lower(), ShopId(by.shop_id), secrets.token_urlsafe(24)
    if len(email) > EMAIL_CHARS_MAX:  # lower case may be longer
        raise conflict("email", f"An address has at most {EMAIL_CHARS_MAX} characters.", field="email")
    with for_shop(shop):
        _lock(shop, by)
        require(may_grant(by, role))
        if Membership.objects.filter(shop_id=shop, member__email=email).exists():
            raise conflict("member_exists", f"{email} is a member already.", field="email")
        Invitation.objects.filter(shop_id=shop, email=email, accepted_at=None, revoked_at=None).update(
            revoked_at=now
        )
        if Invitation.objects.filter(shop_id=shop, accepted_at=None, revoked_at=None).count() >= MEMBERS_MAX:
            raise conflict("members_limit", "Too many invitations are open.", field="email")
        Invitation.objects.create(
            shop_id=shop,
            email=email,
            role=role,
            hash=hash_secret(token),
            invited_by=by.member.email,
            created_at=now,
            expires_at=now + INVITATION_VALID,
        )
        audit(shop=shop, actor=by.member.email, action="Member Invited", target=email, detail={"role": role})
    return token


def revoke_invitation(*, by: Membership, invitation: int, now: datetime) -> None:
    """Raises VuelveError `not_found`, also when it was accepted, and `forbidden`."""
    shop = ShopId(by.shop_id)
    with for_shop(shop):
        _lock(shop, by)
        found = (
            Invitation.objects.select_for_update()
            .filter(pk=invitation, shop_id=shop, accepted_at=None, revoked_at=None)
            .first()
        )
        if found is None:
            raise not_found("invitation")
        require(may_grant(by, found.role))
        found.revoked_at = now
        found.save(update_fields=["revoked_at"])
        audit(shop=shop, actor=by.member.email, action="Invitation Revoked", target=found.email)


def open_invitation(*, shop: ShopId, token: str, now: datetime) -> Invitation | None:
    """What a link stands for; None if it is unknown, used, revoked or too old."""
    with for_shop(shop):
        return Invitation.objects.filter(
            shop_id=shop, hash=hash_secret(token), accepted_at=None, revoked_at=None, expires_at__gt=now
        ).first()


def join(
    *,
    shop: ShopId,
    token: str,
    now: datetime,
    member: Member | None = None,
    name: str = "",
    password: str = "",
) -> Member:
    """Accept an invitation: as `member`, who must have its e-mail address, or with a new account.

    Raises VuelveError `invitation_ended` (410), `other_member` (409), `member_exists` (409: the address has an account).
    """
    with for_shop(shop):
        invitation = (
            Invitation.objects.select_for_update()
            .filter(
                shop_id=shop, hash=hash_secret(token), accepted_at=None, revoked_at=None, expires_at__gt=now
            )
            .first()
        )
        if invitation is None:
            raise VuelveError(
                "invitation_ended", "This invitation was used, revoked, or is too old.", status=410
            )
        if member is not None and member.email != invitation.email:
            raise conflict("other_member", f"The invitation is for {invitation.email}.", field="email")
        try:
            with transaction.atomic():
                joined = member or Member.objects.create_member(
                    email=invitation.email, password=password, name=name
                )
                Membership.objects.create(shop_id=shop, member=joined, role=invitation.role)
        except IntegrityError as error:
            raise conflict("member_exists", f"{invitation.email} has an account.", field="email") from error
        invitation.accepted_at = now
        invitation.save(update_fields=["accepted_at"])
        audit(
            shop=shop,
            actor=joined.email,
            action="Member Joined",
            target=joined.email,
            detail={"role": invitation.role, "invited_by": invitation.invited_by},
        )
        return joined


def change_role(*, by: Membership, membership: int, role: str) -> None:
    """Holds from the member's next click on. Raises VuelveError `not_found`, `forbidden`, `last_owner` (409)."""
    shop = ShopId(by.shop_id)
    require(role in Role.values)
    with for_shop(shop):
        found = _held(by, membership)
        require(may_grant(by, role))
        if found.role == role:
            return
        if found.role == Role.OWNER:
            _keep_an_owner(shop, found)
        before, found.role = found.role, role
        found.save(update_fields=["role"])
        audit(
            shop=shop,
            actor=by.member.email,
            action="Role Changed",
            target=found.member.email,
            detail={"role": [before, role]},
        )
        _end_invitations(by, found)


def remove_member(*, by: Membership, membership: int) -> None:
    """Gone from this shop at once, with the invitations that were theirs; the account stays. Raises VuelveError as `change_role`."""
    shop = ShopId(by.shop_id)
    with for_shop(shop):
        found = _held(by, membership)
        if found.role == Role.OWNER:
            _keep_an_owner(shop, found)
        audit(
            shop=shop,
            actor=by.member.email,
            action="Member Removed",
            target=found.member.email,
            detail={"role": found.role},
        )
        found.role = ""
        _end_invitations(by, found)
        found.delete()


def _lock(shop: ShopId, by: Membership) -> None:
    """Changes of a shop's team come one after another: two owners who remove each other leave one."""
    Shop.objects.select_for_update(no_key=True).get(pk=shop)
    # What `by` may do is read anew: whoever waited may have lost the role meanwhile.
    by.role = Membership.objects.filter(pk=by.pk).values_list("role", flat=True).first() or ""


def _held(by: Membership, membership: int) -> Membership:
    _lock(ShopId(by.shop_id), by)
    found = Membership.objects.select_related("member").filter(pk=membership, shop_id=by.shop_id).first()
    if found is None:
        raise not_found("member")
    require(may_grant(by, found.role))
    return found


def _end_invitations(by: Membership, inviter: Membership) -> None:
    """Those that are open for a role which the inviter may give no more: their links may be with the inviter."""
    shop = ShopId(by.shop_id)
    for each in Invitation.objects.filter(
        shop_id=shop, invited_by=inviter.member.email, accepted_at=None, revoked_at=None
    ):
        if not may_grant(inviter, each.role):
            each.revoked_at = real.now()
            each.save(update_fields=["revoked_at"])
            audit(shop=shop, actor=by.member.email, action="Invitation Revoked", target=each.email)


def _keep_an_owner(shop: ShopId, leaving: Membership) -> None:
    if not Membership.objects.filter(shop_id=shop, role=Role.OWNER).exclude(pk=leaving.pk).exists():
        raise conflict("last_owner", "A shop has one owner at least.", field="role")
