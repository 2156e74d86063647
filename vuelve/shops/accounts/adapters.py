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
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from vuelve.platform import env, vault
from vuelve.platform.clock import real
from vuelve.platform.http import client_address
from vuelve.shops import throttle
from vuelve.shops.accounts.openid import Provider, failed
from vuelve.shops.models import Member

log = structlog.get_logger(__name__)

_BEGAN_WITH = "began_with"  # in the session until the last step: the hash that Django's sessions hold, too
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

    def pre_login(self, request: HttpRequest, user: Member, **more: Any) -> HttpResponse | None:
        request.session[_BEGAN_WITH] = user.get_session_auth_hash()
        answer: HttpResponse | None = super().pre_login(request, user, **more)
        return answer

    def login(self, request: HttpRequest, user: Member) -> None:
        """Another password ends what began with the one before, also between the password and the second factor."""
        began_with = request.session.pop(_BEGAN_WITH, "")
        if not constant_time_compare(began_with, user.get_session_auth_hash()):
            request.session.flush()
            raise ImmediateHttpResponse(redirect("sign_in"))
        super().login(request, user)

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

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Provider:
        return Provider(request, app=super().get_provider(request, provider, client_id).app)

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
        raise ImmediateHttpResponse(failed(request, is_cancelled=error == "cancelled"))


def _no_account(request: HttpRequest) -> HttpResponse:
    return render(request, "shops/accounts/provider_unknown.html", status=403)
