"""Every address below a shop, for every role: who may open it, who may send to it; and nobody of another shop."""

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter

from vuelve.shops.models import Role, Shop
from vuelve.shops.tests.people import browser_of, make_member
from vuelve.testing import make_shop

ALL = frozenset(Role)
LEADERS = frozenset({Role.OWNER, Role.ADMIN})
EDITORS = LEADERS | {Role.MARKETER}
HELPERS = EDITORS | {Role.SUPPORT}


def addresses() -> dict[str, dict[str, object]]:
    """Names of the addresses below /s/<shop>/, with arguments that name nothing."""
    found: dict[str, dict[str, object]] = {}

    def walk(patterns: list[URLPattern | URLResolver]) -> None:
        for one in patterns:
            if isinstance(one, URLResolver):
                walk(one.url_patterns)
            elif "shop_slug" in one.pattern.converters:
                assert one.name, one
                found[one.name] = {
                    name: 10**9 if isinstance(converter, IntConverter) else "x"
                    for name, converter in one.pattern.converters.items()
                    if name != "shop_slug"
                }

    walk(get_resolver().url_patterns)
    return found


ADDRESSES = addresses()


def answers(shop: Shop, browser: Client, method: str) -> dict[str, int]:
    return {
        name: getattr(browser, method)(reverse(name, kwargs={"shop_slug": shop.slug, **kwargs})).status_code
        for name, kwargs in ADDRESSES.items()
    }


# Whom an address lets in; those that are not named here let everybody in who works for the shop. A new address that
# anybody may send to must be put here, or the test fails.
RESTRICTED: dict[tuple[str, str], frozenset[Role]] = {
    **dict.fromkeys(
        [
            ("get", "audit"), ("get", "customer_erase"), ("get", "export_download"), ("get", "keys"), ("post", "key_create"), ("post", "key_rotate"), ("post", "key_revoke"), ("post", "customer_erase"),
            ("post", "customer_export"), ("post", "data_guard"), ("post", "data_store_bring"), ("post", "data_store_check"),
            ("post", "data_store_disconnect"), ("post", "data_store_keep"), ("post", "data_store_reconcile"),
            ("post", "data_store_retry"), ("post", "data_store_secret"), ("post", "data_store_stop"),
            ("post", "data_take_again"), ("post", "export_create"), ("post", "invitation_revoke"),
            ("post", "member_invite"), ("post", "member_remove"), ("post", "retention"), ("post", "second_factor"), ("get", "sandbox"), ("post", "sandbox_make"), ("post", "sandbox_fill"), ("post", "sandbox_reset"),
        ],
        LEADERS,
    ),
    **dict.fromkeys(
        [
            ("get", "import_columns"), ("get", "import_rejects"), ("get", "loyalty_settings"), ("post", "carts"),
            ("post", "data_connect"), ("post", "data_schema_type"), ("post", "import_columns"), ("post", "import_drop"), ("post", "import_start"),
            ("post", "import_upload"), ("post", "journey_status"), ("post", "loyalty_settings"),
            ("get", "segment_new"), ("get", "segment_edit"), ("get", "segment_upload"), ("post", "segment_new"), ("post", "segment_edit"),
            ("post", "segment_upload"), ("post", "segment_build"), ("post", "segment_preview"), ("post", "segment_duplicate"),
            ("post", "segment_archive"), ("post", "segment_restore"),
        ],
        EDITORS,
    ),
    **dict.fromkeys(
        [
            ("get", "customer_join"), ("post", "customer_join"), ("post", "customer_rejoin"),
            ("post", "customer_separate"), ("post", "points_adjust"), ("post", "points_reverse"),
        ],
        HELPERS,
    ),
    # Without a role that exists nobody may.
    ("post", "member_role"): frozenset(),
}  # fmt: skip
# Sending to it says that there is no such store, before it is asked who sends; with one it is for LEADERS.
UNKNOWN_FIRST = {("post", "data_store_connect")}


@pytest.mark.parametrize("method", ["get", "post"])
def test_each_address_lets_in_whom_it_says(shop: Shop, method: str) -> None:
    found = {role: answers(shop, browser_of(make_member(shop, role=role)), method) for role in Role}
    wrong = {}
    for name in ADDRESSES:
        codes = {role: found[role][name] for role in Role}
        let_in = {role for role, code in codes.items() if code != 403}
        is_sent_to = method == "post" and set(codes.values()) != {405}
        is_known = (method, name) in RESTRICTED or (method, name) in UNKNOWN_FIRST
        if let_in != RESTRICTED.get((method, name), ALL) or (is_sent_to and not is_known):
            wrong[name] = codes
        assert max(codes.values()) < 500, (name, codes)
    assert not wrong


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_of_another_shop_and_nobody_unknown(shop: Shop, method: str) -> None:
    stranger = browser_of(make_member(make_shop(), role=Role.OWNER))
    assert set(answers(shop, stranger, method).values()) == {404}
    nobody = browser_of()
    assert set(answers(shop, nobody, method).values()) == {302}
    response = getattr(nobody, method)(reverse("customers", kwargs={"shop_slug": shop.slug}))
    assert response["Location"].startswith("/sign-in?next=")


def test_there_are_addresses_to_look_at() -> None:
    assert len(ADDRESSES) > 60
