"""What allauth asks us: who may come in, how secrets are kept, what a provider's word is worth."""

from time import time
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from vuelve.platform import env, vault
from vuelve.platform.clock import real
from vuelve.platform.http import client_address
from vuelve.shops import throttle
from vuelve.shops.models import Member

log = structlog.get_logger(__name__)

BY_LINK = "link"  # the method of a session that began with a one-time link of the server's command line


def came_by_link(request: HttpRequest) -> bool:
    """Whether this session began with a one-time link, just now: as good as the password, which may be forgotten."""
    return any(
        record["method"] == BY_LINK and time() - record["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        for record in get_authentication_records(request, request.user)
    )


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """By invitation only."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request) or "0.0.0.0"  # noqa: S104 - a server on a socket knows no address

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        return not came_by_link(self.request) and super().is_reauthentication_required(app=app, **more)

    def reauthenticate(self, user: Member, password: str) -> bool:
        """Within the same limit as sign-in: a session left open must not help to guess."""
        now, address = real.now(), client_address(self.request)
        if throttle.count_attempt(email=user.email, address=address, now=now) is not None:
            return False
        if not user.check_password(password):
            return False
        throttle.forget_attempts(email=user.email, address=address, now=now)
        return True


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    def encrypt(self, text: str) -> str:
        return vault.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return vault.unseal(encrypted_text)

    def generate_authenticator_name(self, user: Member, type: Any) -> str:
        return _("Passkey")

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        found: dict[str, str] = super().get_public_key_credential_rp_entity()
        return found | {"name": "Vuelve"}


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """A provider says who somebody is; that they are a member of ours, an invitation has said before."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """The first time: the member whose address it is, as far as the provider vouches for the address."""
        if sociallogin.is_existing:
            return
        address = next(iter(sociallogin.email_addresses), None)
        if address is not None and (address.verified or env.get("VUELVE_OIDC_TRUST_EMAIL")):
            member = Member.objects.filter(email=address.email.strip().lower(), is_active=True).first()
            if member is not None:
                sociallogin.connect(request, member)
                return
        log.warning("a provider's word was not enough", has_address=address is not None)
        raise ImmediateHttpResponse(_no_account(request))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Any = None,
        extra_context: Any = None,
    ) -> None:
        log.warning("sign-in by a provider failed", error=str(error), exception=str(exception))
        raise ImmediateHttpResponse(
            render(
                request,
                "shops/accounts/provider_failed.html",
                {"is_cancelled": error == "cancelled"},
                status=403,
            )
        )


def _no_account(request: HttpRequest) -> HttpResponse:
    return render(request, "shops/accounts/provider_unknown.html", status=403)
