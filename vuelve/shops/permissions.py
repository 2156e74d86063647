"""Which role may do what. A refusal says so; what a member may not do is not offered either."""

from vuelve.platform.errors import VuelveError
from vuelve.shops.models import Membership, Role

EDITORS = frozenset({Role.OWNER, Role.ADMIN, Role.MARKETER})


def may_edit_journeys(membership: Membership) -> bool:
    """Publish, pause, resume, archive."""
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


def require(is_allowed: bool) -> None:
    """Raises VuelveError `forbidden`."""
    if not is_allowed:
        raise VuelveError(
            "forbidden",
            "Your role does not allow this.",
            hint="Ask an owner or admin of the shop.",
            status=403,
        )
