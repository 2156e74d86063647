"""The last step of every way in: from here on allauth asks for the second factor, if the member has one."""

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

from vuelve.shops.models import Member


def enter(request: HttpRequest, member: Member, next_url: str, *, method: str) -> HttpResponse:
    """To `next_url`, or to the page that asks for the second factor. `method`: password, link, invitation."""
    if request.user.is_authenticated:
        logout(request)  # somebody else's session, with all that it held
    record_authentication(request, member, method=method)
    response: HttpResponse = perform_login(request, member, redirect_url=next_url)
    return response


def safe_next(request: HttpRequest) -> str:
    """Where to go then: an address of ours, or the home page."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    # A name is none: `redirect` would look for a page that is called so.
    if wanted.startswith(("/", "http://", "https://")) and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    return resolve_url("home")
