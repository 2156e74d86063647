"""What a provider is asked and believed: who somebody is there, and which address they have."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import structlog
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.base.provider import ProviderException
from allauth.socialaccount.providers.openid_connect import views as theirs
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

SUBJECT_CHARS_MAX = 255  # OpenID Connect's own limit
ADDRESS_CHARS_MAX = 254

log = structlog.get_logger(__name__)


class Provider(OpenIDConnectProvider):  # type: ignore[misc]
    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **more: Any
    ) -> HttpResponse:
        """To sign in, whatever the address says: nothing is connected to whoever is signed in already."""
        found: HttpResponse = super().redirect(request, AuthProcess.LOGIN, next_url, data, **more)
        return found

    def sociallogin_from_response(self, request: HttpRequest, response: Any) -> Any:
        """Nothing else of the answer is read or kept. Raises ProviderException if it does not say who it is about."""
        signed = response.get("id_token")
        said = response.get("userinfo") or signed
        if not isinstance(said, dict):
            raise ProviderException("no claims")
        subject = said.get("sub")
        if not _is_plain(subject, SUBJECT_CHARS_MAX):
            raise ProviderException("no subject")
        if signed is not None and signed.get("sub") != subject:
            raise ProviderException("two subjects")
        kept = {"sub": subject, "email_verified": said.get("email_verified") in (True, "true")}
        if _is_address(said.get("email")):
            kept["email"] = said["email"]
        return super().sociallogin_from_response(request, {"userinfo": kept})

    def extract_uid(self, data: dict[str, Any]) -> str:
        """A subject is somebody only together with its issuer: another provider may call another person the same."""
        return sha256(f"{self.app.settings['server_url']}\n{data['userinfo']['sub']}".encode()).hexdigest()


def _is_plain(value: Any, chars_max: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= chars_max and value.isprintable()


def _is_address(value: Any) -> bool:
    """Ours are ASCII before the @. `K` for Kelvin is not, but becomes a `k` in lower case."""
    return _is_plain(value, ADDRESS_CHARS_MAX) and value.strip().rpartition("@")[0].isascii()


def failed(request: HttpRequest, *, is_cancelled: bool = False) -> HttpResponse:
    return render(request, "shops/accounts/provider_failed.html", {"is_cancelled": is_cancelled}, status=403)


def _reaching(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """allauth's view, for a provider that does not answer, too."""

    def handle(request: HttpRequest, provider_id: str) -> HttpResponse:
        try:
            return view(request, provider_id)
        except OSError as error:  # those of `requests` are
            log.warning("the provider did not answer", exception=str(error))
            return failed(request)

    return handle


sign_in = _reaching(theirs.login)
come_back = _reaching(theirs.callback)
