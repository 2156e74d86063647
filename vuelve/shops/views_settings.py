"""Settings of a shop: the team with its roles, and the audit log. And the page on which somebody joins."""

import json
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from vuelve.platform import limits
from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import ShopId
from vuelve.platform.ui import paging
from vuelve.platform.ui.components import Tab
from vuelve.platform.ui.downloads import csv_response
from vuelve.shops import services_members
from vuelve.shops.accounts.entering import enter
from vuelve.shops.accounts.factors import require_second_factor, with_second_factor
from vuelve.shops.forms import InviteForm, JoinForm
from vuelve.shops.http import ShopRequest, link
from vuelve.shops.models import AuditEntry, Invitation, Member, Membership, Role, Shop
from vuelve.shops.permissions import (
    matrix,
    may_grant,
    may_manage_keys,
    may_manage_members,
    may_manage_sandbox,
    may_read_audit,
    require,
)
from vuelve.shops.wording import action_text


def section_tabs(request: ShopRequest, current: str) -> list[Tab]:
    place = {"shop_slug": request.shop.slug}
    tabs = [Tab(_("Team"), reverse("settings", kwargs=place), is_current=current == "team")]
    if may_manage_keys(request.membership):
        tabs.append(Tab(_("API keys"), reverse("keys", kwargs=place), is_current=current == "keys"))
    if may_manage_sandbox(request.membership):
        tabs.append(Tab(_("Test shop"), link(request, "sandbox"), is_current=current == "sandbox"))
    if may_read_audit(request.membership):
        tabs.append(Tab(_("Audit log"), reverse("audit", kwargs=place), is_current=current == "audit"))
    return tabs


@require_safe
def team(request: ShopRequest) -> HttpResponse:
    return _team(request, _invite_form(request))


def _invite_form(request: ShopRequest, data: Any = None) -> InviteForm:
    roles = [role.value for role in Role if may_grant(request.membership, role)]
    return InviteForm(data, roles=roles, initial={"role": Role.MARKETER})


def _team(request: ShopRequest, form: InviteForm, link: str = "") -> HttpResponse:
    """`link` is shown this once: the database keeps a hash."""
    by, now = request.membership, real.now()
    members = Membership.objects.select_related("member").filter(shop_id=request.shop_id)
    invitations = Invitation.objects.filter(shop_id=request.shop_id, accepted_at=None, revoked_at=None)
    rows = list(members.order_by("member__name", "member__email")[: services_members.MEMBERS_MAX])
    guarded = with_second_factor(row.member_id for row in rows) if may_manage_members(by) else set()
    grantable = [(role.value, role.label) for role in Role if may_grant(by, role)]
    context = {
        "tabs": section_tabs(request, "team"),
        "members": [
            {
                "row": row,
                "role": Role(row.role).label,
                "may_change": may_grant(by, row.role),
                "is_you": row.pk == by.pk,
                "has_second_factor": row.member_id in guarded,
            }
            for row in rows
        ],
        "invitations": [
            {
                "row": row,
                "role": Role(row.role).label,
                "is_over": row.expires_at <= now,
                "may_change": may_grant(by, row.role),
            }
            for row in invitations.order_by("-created_at")
        ]
        if may_manage_members(by)
        else [],
        "roles": grantable,
        "all_roles": [role.label for role in Role],
        "matrix": matrix(),
        "form": form,
        "link": link,
        "may_manage": may_manage_members(by),
    }
    return render(request, "shops/team.html", context, status=422 if form.errors else 200)


@require_POST
def invite(request: ShopRequest) -> HttpResponse:
    require(may_manage_members(request.membership))
    form = _invite_form(request, request.POST)
    if not form.is_valid():
        return _team(request, form)
    try:
        token = services_members.invite(
            by=request.membership,
            email=form.cleaned_data["email"],
            role=form.cleaned_data["role"],
            now=real.now(),
        )
    except VuelveError as error:
        if error.status != 409:
            raise
        said = {"member_exists": _("This person is a member already.")}
        form.add_error("email", said.get(error.code, error.message))
        return _team(request, form)
    link = request.build_absolute_uri(reverse("join", kwargs={"slug": request.shop.slug, "token": token}))
    return _team(request, _invite_form(request), link)


@require_POST
def second_factor(request: ShopRequest) -> HttpResponse:
    require_second_factor(by=request.membership, is_needed=request.POST.get("needed") == "on")
    messages.success(request, _("Saved."))
    return redirect("settings", shop_slug=request.shop.slug)


@require_POST
def revoke(request: ShopRequest, invitation_id: int) -> HttpResponse:
    require(may_manage_members(request.membership))
    services_members.revoke_invitation(by=request.membership, invitation=invitation_id, now=real.now())
    messages.success(request, _("The invitation does not work any more."))
    return redirect("settings", shop_slug=request.shop.slug)


@require_POST
def change_role(request: ShopRequest, membership_id: int) -> HttpResponse:
    require(may_manage_members(request.membership))
    services_members.change_role(
        by=request.membership, membership=membership_id, role=request.POST.get("role", "")
    )
    messages.success(request, _("Saved."))
    return redirect("settings", shop_slug=request.shop.slug)


@require_POST
def remove(request: ShopRequest, membership_id: int) -> HttpResponse:
    require(may_manage_members(request.membership))
    is_self = membership_id == request.membership.pk
    services_members.remove_member(by=request.membership, membership=membership_id)
    if is_self:
        return redirect("home")
    messages.success(request, _("Removed from the team."))
    return redirect("settings", shop_slug=request.shop.slug)


# --- the audit log ------------------------------------------------------------------------------------------------


@require_GET
def audit_log(request: ShopRequest) -> HttpResponseBase:
    """Filtered by the address: what was done, by whom, to what. The newest first."""
    require(may_read_audit(request.membership))
    search = request.GET.get("q", "").replace("\x00", "").strip()[: limits.SEARCH_CHARS_MAX]
    action = request.GET.get("action", "").replace("\x00", "")[:60]
    entries = AuditEntry.objects.filter(shop_id=request.shop_id).order_by("-at", "-pk")
    if action:
        entries = entries.filter(action=action)
    if search:
        entries = entries.filter(actor__icontains=search) | entries.filter(target__icontains=search)
    if request.GET.get("download") == "csv":
        header = [_("When"), _("Who"), _("What"), _("To what"), _("Details")]
        body = [
            [
                each.at.isoformat(),
                each.actor,
                each.action,
                each.target,
                json.dumps(each.detail, ensure_ascii=False),
            ]
            for each in entries[: limits.CSV_ROWS_MAX]
        ]
        return csv_response("audit", header, body)
    after = paging.after(request, datetime.fromisoformat, int)
    if after is not None:
        entries = entries.filter(at__lte=after[0]).exclude(at=after[0], pk__gte=after[1])
    page = paging.page(request, list(entries[: limits.PAGE_ROWS + 1]), key=lambda row: (row.at, row.pk))
    actions = AuditEntry.objects.filter(shop_id=request.shop_id).values_list("action", flat=True)
    context = {
        "tabs": section_tabs(request, "audit"),
        "page": page,
        "lines": [
            {"row": row, "what": action_text(row.action), "details": _details(row.detail)}
            for row in page.rows
        ],
        "search": search,
        "action": action,
        "actions": [
            ("", _("Everything")),
            *((one, action_text(one)) for one in actions.distinct().order_by("action")[:200]),
        ],
        "is_filtered": bool(search or action),
    }
    return render(request, "shops/audit.html", context)


def _details(detail: Any) -> list[str]:
    """`role: marketer → viewer`; a pair is before and after."""
    if not isinstance(detail, dict):
        return []
    lines = []
    for name, value in list(detail.items())[:20]:
        if isinstance(value, list) and len(value) == 2:
            text = " → ".join(_short(each) for each in value)
        else:
            text = _short(value)
        lines.append(f"{name}: {text}")
    return lines


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:119] + "…"


# --- joining ----------------------------------------------------------------------------------------------------


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """What the link of an invitation leads to: a new account, or the one that the address has."""
    shop = get_object_or_404(Shop, slug=slug)
    shop_id, now = ShopId(shop.pk), real.now()
    invitation = services_members.open_invitation(shop=shop_id, token=token, now=now)
    if invitation is None:
        return render(request, "shops/invitation_ended.html", status=410)
    known = Member.objects.filter(email=invitation.email).first()
    is_known_here = known is not None and request.user.is_authenticated and request.user.pk == known.pk
    form = JoinForm(
        request.POST if request.method == "POST" and known is None else None, email=invitation.email
    )
    there = reverse("overview", kwargs={"shop_slug": shop.slug})
    if request.method == "POST" and (is_known_here or (known is None and form.is_valid())):
        try:
            with for_shop(shop_id):
                member = services_members.join(
                    shop=shop_id,
                    token=token,
                    now=now,
                    member=known if is_known_here else None,
                    name=form.cleaned_data["name"] if known is None else "",
                    password=form.cleaned_data["password"] if known is None else "",
                )
        except VuelveError as error:
            if error.code == "member_exists":  # since the invitation was written: its page knows the account
                return redirect(there if is_known_here else request.path)
            return render(request, "shops/invitation_ended.html", status=error.status)
        return redirect(there) if is_known_here else enter(request, member, there, method="invitation")
    context = {
        "shop_name": shop.name,
        "invitation": invitation,
        "role": Role(invitation.role).label,
        "form": form,
        "has_account": known is not None,
        "is_known_here": is_known_here,
    }
    return render(request, "shops/join.html", context, status=422 if form.errors else 200)
