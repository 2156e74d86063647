"""A member's own page: name and language, password, second factor, passkeys, sessions."""

from typing import cast

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from vuelve.platform.clock import real
from vuelve.shops import services
from vuelve.shops.accounts import sessions
from vuelve.shops.accounts.adapters import came_by_link
from vuelve.shops.accounts.forms import PasswordForm, ProfileForm
from vuelve.shops.accounts.signals import note
from vuelve.shops.http import language_of
from vuelve.shops.models import Member


@require_safe
@login_required
def account(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(
    request: HttpRequest, profile: ProfileForm | None = None, password: PasswordForm | None = None
) -> HttpResponse:
    member = cast(Member, request.user)
    ways = list(Authenticator.objects.filter(user=member).order_by("created_at"))
    codes = next((way for way in ways if way.type == Authenticator.Type.RECOVERY_CODES), None)
    context = {
        "profile": profile or ProfileForm(initial={"name": member.name, "language": _language(member)}),
        "password": password or _password_form(request),
        "code_app": next((way for way in ways if way.type == Authenticator.Type.TOTP), None),
        "passkeys": [way for way in ways if way.type == Authenticator.Type.WEBAUTHN],
        "has_codes": codes is not None,
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
        "sessions": sessions.sessions_of(request, member),
        "shops": member.shops.order_by("name")[:50],
    }
    is_wrong = (profile is not None and profile.errors) or (password is not None and password.errors)
    return render(request, "shops/accounts/account.html", context, status=422 if is_wrong else 200)


def _language(member: Member) -> str:
    return language_of(member.locale) or translation.get_language() or ""


def _password_form(request: HttpRequest, is_sent: bool = False) -> PasswordForm:
    return PasswordForm(
        request.POST if is_sent else None,
        member=cast(Member, request.user),
        needs_current=not came_by_link(request),
    )


@require_POST
@login_required
def change_profile(request: HttpRequest) -> HttpResponse:
    member = cast(Member, request.user)
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return _page(request, profile=form)
    member.name, member.locale = form.cleaned_data["name"], form.cleaned_data["language"]
    member.save(update_fields=["name", "locale"])
    translation.activate(member.locale)
    messages.success(request, _("Saved."))
    return redirect("account")


@sensitive_post_parameters("current", "new")
@require_POST
@login_required
def change_password(request: HttpRequest) -> HttpResponse:
    """All other sessions end: their signature holds the old password's hash. And links that nobody used."""
    member = cast(Member, request.user)
    form = _password_form(request, is_sent=True)
    if not form.is_valid():
        return _page(request, password=form)
    member.set_password(form.cleaned_data["new"])
    member.save(update_fields=["password"])
    services.end_sign_in_links(member=member, now=real.now())
    sessions.end_other_sessions(member, request.session.session_key)
    update_session_auth_hash(request, member)
    sessions.begin_anew(request)
    note(member, "Password Changed")
    messages.success(
        request, _("The password is changed. Wherever else you were signed in, you are no more.")
    )
    return redirect("account")


@require_POST
@login_required
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    member = cast(Member, request.user)
    if not sessions.end_session(member, session_id):
        raise Http404
    note(member, "Session Ended")
    messages.success(request, _("Signed out there."))
    return redirect("account")


@require_POST
@login_required
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    member = cast(Member, request.user)
    ended = sessions.end_other_sessions(member, request.session.session_key)
    if ended:
        note(member, "Session Ended", sessions=ended)
    text = ngettext("%(count)d session was ended.", "%(count)d sessions were ended.", ended)
    messages.success(request, text % {"count": ended})
    return redirect("account")
