"""Sign-in by password and by one-time link. Second factors, passkeys and the provider are allauth's views."""

from math import ceil

from django.contrib.auth import authenticate, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vuelve.platform.clock import real
from vuelve.platform.http import client_address
from vuelve.shops import services, throttle
from vuelve.shops.accounts import openid, providers
from vuelve.shops.accounts.adapters import BY_LINK
from vuelve.shops.accounts.entering import enter, safe_next
from vuelve.shops.accounts.forms import SignInForm
from vuelve.shops.accounts.signals import SIGN_INS
from vuelve.shops.models import Member


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    next_url = safe_next(request)
    if request.user.is_authenticated:
        return redirect(next_url)
    form = SignInForm(request.POST or None)
    problem = ""
    if request.method == "POST" and form.is_valid():
        now, address = real.now(), client_address(request)
        email = form.cleaned_data["email"].lower()
        wait = throttle.count_attempt(email=email, address=address, now=now)
        if wait is not None:
            minutes = max(1, ceil(wait.total_seconds() / 60))
            problem = ngettext(
                "Too many attempts. Wait %(minutes)d minute and try again, or ask for a one-time link.",
                "Too many attempts. Wait %(minutes)d minutes and try again, or ask for a one-time link.",
                minutes,
            ) % {"minutes": minutes}
            return _sign_in_page(request, form, next_url, problem, status=429)
        member = authenticate(request, username=email, password=form.cleaned_data["password"])
        if isinstance(member, Member):
            throttle.forget_attempts(email=email, address=address, now=now)
            return enter(request, member, next_url, method="password")
        SIGN_INS.labels("refused").inc()
        # One message for all reasons: it must not tell who has an account.
        problem = _("The e-mail or the password is wrong, or the account is not active.")
    return _sign_in_page(request, form, next_url, problem)


def _sign_in_page(
    request: HttpRequest, form: SignInForm, next_url: str, problem: str, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "next": next_url,
        "problem": problem,
        "provider_name": providers.name() if providers.is_offered() else "",
        "provider_id": providers.PROVIDER_ID,
    }
    return render(request, "shops/accounts/sign_in.html", context, status=status)


@require_GET  # not HEAD: what only looks whether a link works must not use it up
def sign_in_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """A link from the server's command line; works once."""
    member = services.use_sign_in_link(token=token, now=real.now())
    if member is None or not member.is_active:
        return render(request, "shops/accounts/link_used.html", status=410)
    return enter(request, member, reverse("home"), method=BY_LINK)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("sign_in")


@require_GET
def provider_cancelled(request: HttpRequest) -> HttpResponse:
    """The provider asked, and the member said no."""
    return openid.failed(request, is_cancelled=True)
