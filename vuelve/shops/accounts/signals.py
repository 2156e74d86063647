"""Notes in the audit log of a member's shops how they got in, and what changed of the ways in."""

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.signals import user_logged_in
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from allauth.socialaccount.signals import social_account_added
from django.http import HttpRequest
from prometheus_client import Counter

from vuelve.platform.ids import ShopId
from vuelve.shops.accounts import sessions
from vuelve.shops.models import Member
from vuelve.shops.services import audit

SIGN_INS = Counter("vuelve_sign_ins_total", "Attempts of members to sign in, by outcome.", ["outcome"])

_ADDED = {
    Authenticator.Type.TOTP: "Second Factor Activated",
    Authenticator.Type.WEBAUTHN: "Passkey Added",
    Authenticator.Type.RECOVERY_CODES: "Recovery Codes Made",
}
_REMOVED = {
    Authenticator.Type.TOTP: "Second Factor Removed",
    Authenticator.Type.WEBAUTHN: "Passkey Removed",
    Authenticator.Type.RECOVERY_CODES: "Recovery Codes Removed",
}


def connect() -> None:
    """Called once, when Django is ready."""
    user_logged_in.connect(_signed_in)
    authenticator_added.connect(_added)
    authenticator_removed.connect(_removed)
    authenticator_reset.connect(_added)
    authentication_failed.connect(_failed)
    social_account_added.connect(_provider_connected)


def note(member: Member, action: str, *, actor: str = "", **detail: Any) -> None:
    """In each shop that the member works for: its owners must see it."""
    for shop in member.memberships.values_list("shop_id", flat=True):
        audit(
            shop=ShopId(shop), actor=actor or member.email, action=action, target=member.email, detail=detail
        )


def _signed_in(sender: Any, request: HttpRequest, user: Member, **more: Any) -> None:
    SIGN_INS.labels("signed_in").inc()
    methods = [record.get("type") or record["method"] for record in get_authentication_records(request, user)]
    note(user, "Signed In", methods=methods)


def _added(
    sender: Any, request: HttpRequest, user: Member, authenticator: Authenticator, **more: Any
) -> None:
    note(user, _ADDED[authenticator.type])
    ways = Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES)
    if [way.pk for way in ways] == [authenticator.pk]:
        # The first: sessions that the password alone began must not pass for sessions with a second factor.
        ended = sessions.end_other_sessions(user, request.session.session_key)
        if ended:
            note(user, "Session Ended", sessions=ended)


def _removed(sender: Any, user: Member, authenticator: Authenticator, **more: Any) -> None:
    note(user, _REMOVED[authenticator.type])


def _failed(sender: Any, **more: Any) -> None:
    SIGN_INS.labels("second_factor_failed").inc()


def _provider_connected(sender: Any, sociallogin: Any, **more: Any) -> None:
    note(sociallogin.user, "Provider Connected")
