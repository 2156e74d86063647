"""What staff decide about who is who: taken back, in force again, joined; and what must not happen."""

from collections.abc import Callable

import pytest

from vuelve.customers.contracts import CUSTOMERS_MERGED, Identifier, IdentifierKind
from vuelve.customers.services import claim, resolve, unsubscribe
from vuelve.customers.services.separating import merge, preview, rejoin, separate
from vuelve.customers.tests.test_any_order import picture
from vuelve.customers.tests.test_races import at_once
from vuelve.customers.tests.world import Identity, minute, user
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import CustomerId
from vuelve.testing import identify, track

STAFF = "support@example.com"


def device(identity: Identity, value: str = "a") -> Identifier:
    return Identifier(identity.id, IdentifierKind.ANONYMOUS, value)


def node(identity: Identity, value: str) -> CustomerId:
    return CustomerId(identity.rows("SELECT node_id FROM customers_identifier WHERE value = %s", value)[0][0])


def a_shared_device(identity: Identity) -> CustomerId:
    """Ana signs in where somebody has looked around, said something and agreed to something before."""
    track(
        identity.shop, "identify", kind=2, anonymous_id="a", at=minute(1), properties={"city": "Lima", "plan": "x"}
    )  # fmt: skip
    track(
        identity.shop, "Consent Granted", anonymous_id="a", at=minute(2),
        properties={"channel": "email", "purpose": "marketing", "wording": "Yes"},
    )  # fmt: skip
    identify(identity.shop, "ana", traits={"plan": "pro"}, at=minute(3))
    identity.run()
    identify(identity.shop, "ana", anonymous_id="a", at=minute(4))
    identity.run()
    return user(identity, "ana")


def test_a_separation_undoes_a_merge_in_everything(identity: Identity) -> None:
    ana = a_shared_device(identity)
    assert identity.customers() == ["a ana"]
    assert identity.traits(ana) == {"city": "Lima", "plan": "pro"}
    assert identity.consents(ana) == {("email", "marketing"): True}
    assert identity.column("first_seen_at", ana) == minute(1)
    visitor = node(identity, "a")
    assert (
        separate(shop=identity.id, identifier=device(identity), owner=ana, actor=STAFF, now=minute(9))
        == visitor
    )
    assert identity.customers() == ["a", "ana"]
    assert (identity.traits(ana), identity.traits(visitor)) == (
        {"plan": "pro"},
        {"city": "Lima", "plan": "x"},
    )
    assert (identity.consents(ana), identity.consents(visitor)) == ({}, {("email", "marketing"): True})
    assert identity.column("first_seen_at", ana) == minute(3)
    assert (identity.column("first_seen_at", visitor), identity.column("last_seen_at", visitor)) == (
        minute(1), minute(2),
    )  # fmt: skip
    assert identity.rows("SELECT FROM customers_alias") == []
    notices = identity.rows(
        "SELECT properties FROM events_event WHERE name = %s ORDER BY seq", CUSTOMERS_MERGED
    )
    assert [row[0] for row in notices] == [
        {"node_id": visitor, "from_id": visitor, "into_id": ana},
        {"node_id": visitor, "from_id": ana, "into_id": visitor},
    ]
    audit = identity.rows("SELECT actor, action, target, detail::text FROM shops_auditentry")
    assert audit == [(STAFF, "Identity Separated", f"customer {ana}", '{"identifier": "anonymous"}')]


def test_who_unsubscribed_as_one_is_not_written_to_as_two(identity: Identity) -> None:
    ana = a_shared_device(identity)  # the visitor agreed
    unsubscribe(
        shop=identity.id, customer=ana, channel="email", purpose="marketing", now=minute(5), key="off", source="link"
    )  # fmt: skip
    visitor = separate(shop=identity.id, identifier=device(identity), owner=ana, actor=STAFF, now=minute(9))
    assert visitor is not None
    assert identity.consents(ana) == identity.consents(visitor) == {("email", "marketing"): False}
    assert identity.rows(
        "SELECT decided_at, message_id, source FROM customers_consent WHERE customer_id = %s", visitor
    ) == [(minute(5), "off", "link")]
    rejoin(shop=identity.id, identifier=device(identity), owner=ana, actor=STAFF, now=minute(10))
    assert identity.consents(ana) == {("email", "marketing"): False}


def test_what_was_separated_stays_apart_and_can_be_joined_again(identity: Identity) -> None:
    ana = a_shared_device(identity)
    before = picture(identity)
    separate(shop=identity.id, identifier=device(identity), owner=ana, actor=STAFF, now=minute(9))
    identify(identity.shop, "ana", anonymous_id="a", at=minute(0))  # earlier, and it says it again
    track(identity.shop, "identify", kind=2, anonymous_id="a", user_id="ana", at=minute(10))
    identity.run()
    assert identity.customers() == ["a", "ana"]
    with pytest.raises(VuelveError) as refusal:
        separate(shop=identity.id, identifier=device(identity), owner=ana, actor=STAFF, now=minute(11))
    assert refusal.value.code == "not_found"
    assert (
        rejoin(shop=identity.id, identifier=device(identity), owner=ana, actor=STAFF, now=minute(12)) == ana
    )
    after = picture(identity)
    assert {key: after[key] for key in ("customers", "traits", "consents", "nodes")} == {
        key: before[key] for key in ("customers", "traits", "consents", "nodes")
    }
    with pytest.raises(VuelveError):
        rejoin(shop=identity.id, identifier=device(identity), owner=ana, actor=STAFF, now=minute(13))


def test_what_is_taken_from_one_goes_to_the_next_who_claims_it(identity: Identity) -> None:
    for number, name in enumerate(("ana", "bea")):
        identify(identity.shop, name, traits={"email": "home@example.com"}, at=minute(number))
    order = track(identity.shop, "Order Completed", email="home@example.com", at=minute(5))
    identity.run()
    ana, bea = user(identity, "ana"), user(identity, "bea")
    email = Identifier(identity.id, IdentifierKind.EMAIL, "home@example.com")
    assert identity.events_of()[order] == ana
    seen = preview(shop=identity.id, identifier=email, owner=ana, now=minute(6))
    assert (seen.into, seen.nodes) == (bea, (node(identity, "home@example.com"),))
    assert seen.rows["events_event"] == 1
    assert identity.events_of()[order] == ana  # nothing has happened yet
    assert identity.rows("SELECT FROM customers_veto") == []
    assert separate(shop=identity.id, identifier=email, owner=ana, actor=STAFF, now=minute(6)) == bea
    assert identity.events_of()[order] == bea
    assert resolve(shop=identity.id, email="home@example.com") == bea


def test_an_identifier_that_never_stood_alone_is_nobodys_once_it_is_separated(identity: Identity) -> None:
    identify(identity.shop, "ana", traits={"email": "typo@example.com"}, at=minute(0))
    identity.run()
    ana = user(identity, "ana")
    email = Identifier(identity.id, IdentifierKind.EMAIL, "typo@example.com")
    assert separate(shop=identity.id, identifier=email, owner=ana, actor=STAFF, now=minute(1)) is None
    assert resolve(shop=identity.id, email="typo@example.com") is None
    track(identity.shop, "Order Completed", email="typo@example.com", at=minute(2))
    identity.run()
    assert identity.customers() == ["ana", "typo@example.com"]
    assert identity.rows("SELECT count(*) FROM events_event WHERE name = %s", CUSTOMERS_MERGED) == [(0,)]


def test_staff_join_two_and_take_it_back(identity: Identity) -> None:
    for address in ("b@example.com", "a@example.com"):
        track(identity.shop, "Order Completed", email=address, at=minute(0))
    identify(identity.shop, "ana", at=minute(0))
    identity.run()
    first, second = node(identity, "a@example.com"), node(identity, "b@example.com")
    assert merge(shop=identity.id, customer=second, other=first, actor=STAFF, now=minute(1)) == first
    assert merge(shop=identity.id, customer=first, other=second, actor=STAFF, now=minute(2)) == first
    assert identity.customers() == ["a@example.com b@example.com", "ana"]
    ana = user(identity, "ana")
    assert merge(shop=identity.id, customer=second, other=ana, actor=STAFF, now=minute(3)) == ana
    assert identity.customers() == ["a@example.com ana b@example.com"]
    email = Identifier(identity.id, IdentifierKind.EMAIL, "b@example.com")
    assert separate(shop=identity.id, identifier=email, owner=first, actor=STAFF, now=minute(4)) == second
    assert identity.customers() == ["a@example.com ana", "b@example.com"]
    assert merge(shop=identity.id, customer=second, other=first, actor=STAFF, now=minute(5)) == ana
    assert identity.customers() == ["a@example.com ana b@example.com"]


def test_two_accounts_are_never_joined(identity: Identity) -> None:
    identify(identity.shop, "ana", at=minute(0))
    identify(identity.shop, "bea", at=minute(0))
    identity.run()
    ana, bea = user(identity, "ana"), user(identity, "bea")
    with pytest.raises(VuelveError) as refusal:
        merge(shop=identity.id, customer=ana, other=bea, actor=STAFF, now=minute(1))
    assert refusal.value.code == "two_users"
    with pytest.raises(VuelveError) as refusal:
        merge(shop=identity.id, customer=ana, other=CustomerId(2**60), actor=STAFF, now=minute(1))
    assert refusal.value.code == "not_found"
    assert identity.customers() == ["ana", "bea"]
    assert identity.rows("SELECT FROM customers_claim") == identity.rows("SELECT FROM shops_auditentry") == []


def test_a_merge_by_a_claim_brings_traits_and_consents_along(identity: Identity) -> None:
    """The same as by an event, for packages that find out who somebody is."""
    track(
        identity.shop, "identify", kind=2, anonymous_id="a", at=minute(1),
        properties={"city": "Lima", "consents": {"email": {"marketing": False}}},
    )  # fmt: skip
    identity.run()
    found = claim(shop=identity.id, user_id="ana", anonymous_id="a", now=minute(2), key="k")
    assert identity.traits(found) == {"city": "Lima"}
    assert identity.consents(found) == {("email", "marketing"): False}
    assert identity.column("first_seen_at", found) == minute(1)


def test_separating_while_others_write(identity: Identity) -> None:
    """Whichever is first: a decision made at that moment is neither lost nor counted for two."""
    for number in range(6):
        name, visitor = f"u{number}", f"a{number}"
        track(identity.shop, "Product Viewed", anonymous_id=visitor, at=minute(0))
        identify(identity.shop, name, anonymous_id=visitor, at=minute(1))
        identity.run()
        customer, visit = user(identity, name), node(identity, visitor)
        track(
            identity.shop, "identify", kind=2, anonymous_id=visitor, properties={"size": number}, at=minute(2)
        )
        at_once(separated(identity, visitor, customer), unsubscribed(identity, visit), identity.run)
        identity.run()
        assert identity.traits(visit) == {"size": number}
        assert identity.traits(customer) == {}
        held = [identity.consents(CustomerId(each)) for each in (visit, customer)]
        assert sorted(held, key=len) == [{}, {("email", "marketing"): False}]


def separated(identity: Identity, visitor: str, owner: CustomerId) -> Callable[[], object]:
    link = {"identifier": device(identity, visitor), "owner": owner}
    return lambda: separate(shop=identity.id, actor=STAFF, now=minute(3), **link)  # type: ignore[arg-type]


def unsubscribed(identity: Identity, customer: CustomerId) -> Callable[[], object]:
    return lambda: unsubscribe(
        shop=identity.id, customer=customer, channel="email", purpose="marketing", now=minute(3), key="off",
        source="link",
    )  # fmt: skip
