"""Which role may do what. A refusal says so; what a member may not do is not offered either."""

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import Text
from vuelve.shops.models import Membership, Role

EDITORS = frozenset({Role.OWNER, Role.ADMIN, Role.MARKETER})


def may_edit_journeys(membership: Membership) -> bool:
    """Publish, pause, resume, archive."""
    return membership.role in EDITORS


def may_edit_segments(membership: Membership) -> bool:
    """Make, change and archive segments."""
    return membership.role in EDITORS


def may_manage_keys(membership: Membership) -> bool:
    """Issue and revoke keys, and say what they may do."""
    return membership.role in {Role.OWNER, Role.ADMIN}


def may_manage_privacy(membership: Membership) -> bool:
    """Hand out a copy of a customer's data, erase a customer, say for how long data are kept."""
    return membership.role in {Role.OWNER, Role.ADMIN}


def may_join_customers(membership: Membership) -> bool:
    """Say that two profiles are one person, or that they are not."""
    return membership.role in EDITORS | {Role.SUPPORT}


def may_see_payloads(membership: Membership) -> bool:
    """Read what was sent, word for word: it may hold anything a customer typed. Others see its shape."""
    return membership.role in EDITORS | {Role.ANALYST}


def may_send_test_events(membership: Membership) -> bool:
    return membership.role in EDITORS


def may_try_events_again(membership: Membership) -> bool:
    """Give a set-aside event to its consumer once more."""
    return membership.role in {Role.OWNER, Role.ADMIN}


def may_import(membership: Membership) -> bool:
    """Upload files of customers and orders, and take them in."""
    return membership.role in EDITORS


def may_manage_stores(membership: Membership) -> bool:
    """Connect and disconnect stores, bring in their history."""
    return membership.role in {Role.OWNER, Role.ADMIN}


def may_export(membership: Membership) -> bool:
    """Take away whole tables of customers and orders."""
    return membership.role in {Role.OWNER, Role.ADMIN}


def may_manage_programme(membership: Membership) -> bool:
    """Begin a loyalty programme, and say what it promises."""
    return membership.role in EDITORS


def may_adjust_points(membership: Membership) -> bool:
    """Give points or take them by hand, and reverse a transfer."""
    return membership.role in EDITORS | {Role.SUPPORT}


def may_manage_members(membership: Membership) -> bool:
    """Invite, change roles, remove. Owners are the business of owners alone (`may_grant`)."""
    return membership.role in {Role.OWNER, Role.ADMIN}


def may_manage_sandbox(membership: Membership) -> bool:
    """Make test shops, fill and empty them."""
    return membership.role in {Role.OWNER, Role.ADMIN}


def may_grant(membership: Membership, role: str) -> bool:
    """Give somebody this role, or take it."""
    return may_manage_members(membership) and (role != Role.OWNER or membership.role == Role.OWNER)


def may_read_audit(membership: Membership) -> bool:
    """Who did what, word for word."""
    return membership.role in {Role.OWNER, Role.ADMIN}


# What the page of the team shows, by role. Everybody reads customers, orders, journeys, messages and points.
MATRIX: tuple[tuple[Text, Callable[[Membership], bool]], ...] = (
    (_("Invite people, change roles, read the audit log"), may_manage_members),
    (_("Manage keys, connect stores, make test shops"), may_manage_keys),
    (_("Export tables, hand out or erase a customer's data"), may_manage_privacy),
    (_("Publish journeys, make segments, import files, change the loyalty programme"), may_edit_journeys),
    (_("Join profiles, adjust points"), may_adjust_points),
    (_("Read events word for word"), may_see_payloads),
)


def matrix() -> list[tuple[Text, list[bool]]]:
    """Each permission with whether the roles have it, in their order."""
    return [(label, [allows(Membership(role=role)) for role in Role]) for label, allows in MATRIX]


def require(is_allowed: bool) -> None:
    """Raises VuelveError `forbidden`."""
    if not is_allowed:
        raise VuelveError(
            "forbidden",
            "Your role does not allow this.",
            hint="Ask an owner or admin of the shop.",
            status=403,
        )
