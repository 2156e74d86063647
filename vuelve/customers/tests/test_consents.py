"""Consent: the newest decision holds, every decision is kept, a revocation is never lost."""

from itertools import permutations

import pytest

from vuelve.customers.services import grant, unsubscribe
from vuelve.customers.tests.world import NOW, Identity, minute, user
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import CustomerId
from vuelve.testing import identify, track

EMAIL = ("email", "marketing")


def decide(identity: Identity, user_id: str, is_granted: bool, at: float, **more: object) -> None:
    track(
        identity.shop,
        "Consent Granted" if is_granted else "Consent Revoked",
        user_id=user_id,
        properties={
            "channel": "email",
            "purpose": "marketing",
            "wording": "Yes, please.",
            "source": "checkout",
        },
        at=minute(at),
        **more,  # type: ignore[arg-type]
    )


def state(identity: Identity, is_granted: bool, at: float, user_id: str = "u") -> None:
    identify(identity.shop, user_id, traits={"consents": {"email": {"marketing": is_granted}}}, at=minute(at))


def changes(identity: Identity) -> int:
    return int(identity.rows("SELECT count(*) FROM customers_consent_change")[0][0])


def revoke_here(identity: Identity, customer: CustomerId, *, at: float = 60, key: str = "link:1") -> bool:
    return unsubscribe(
        shop=identity.id, customer=customer, channel="email", purpose="marketing", now=minute(at), key=key,
        source="unsubscribe link", wording="",
    )  # fmt: skip


def test_a_decision_is_kept_with_its_proof(identity: Identity) -> None:
    decide(identity, "u", True, 1, message_id="c1")
    identity.run()
    assert identity.rows(
        "SELECT channel, purpose, is_granted, decided_at, message_id, source, wording FROM customers_consent"
    ) == [("email", "marketing", True, minute(1), "c1", "checkout", "Yes, please.")]


def test_the_newest_decision_holds_in_any_order(identity: Identity) -> None:
    decisions = [(1, True), (2, False), (3, True), (4, False)]
    for number, order in enumerate(permutations(decisions)):
        for at, is_granted in order:
            decide(identity, f"u{number}", is_granted, at)
        if number % 5 == 0:
            identity.run()
    identity.run()
    assert identity.rows("SELECT DISTINCT is_granted, decided_at FROM customers_consent") == [
        (False, minute(4))
    ]
    assert changes(identity) == 24 * 4


def test_equal_times_are_decided_by_the_message_id(identity: Identity) -> None:
    decide(identity, "u", True, 1, message_id="b")
    identity.run()
    decide(identity, "u", False, 1, message_id="a")
    identity.run()
    assert identity.consents(user(identity, "u")) == {EMAIL: True}


def test_what_is_unknown_is_left_out(identity: Identity) -> None:
    for properties in (
        {"channel": "email", "purpose": "transactional"},
        {"channel": "pigeon", "purpose": "marketing"},
        {"channel": 5, "purpose": None},
        {},
    ):
        track(identity.shop, "Consent Granted", user_id="u", properties=properties, at=minute(0))
    identify(
        identity.shop,
        "u",
        traits={"consents": {"email": {"marketing": "yes", "x": True}, "fax": 1}},
        at=minute(0),
    )
    identity.run()
    assert identity.consents(user(identity, "u")) == {}
    assert changes(identity) == 0


def test_traits_state_consents(identity: Identity) -> None:
    identify(
        identity.shop,
        "u",
        traits={
            "consents": {"Email": {"marketing": True, "survey": False}, "sms": {"loyalty": True}},
            "plan": "x",
        },
        at=minute(0),
    )
    identity.run()
    assert identity.consents(user(identity, "u")) == {
        EMAIL: True,
        ("email", "survey"): False,
        ("sms", "loyalty"): True,
    }
    assert set(identity.traits(user(identity, "u"))) == {"plan"}


def test_a_stated_consent_does_not_undo_an_opt_out(identity: Identity) -> None:
    """Stores repeat traits from a copy of their own, which knows nothing of the link in our message."""
    for number, order in enumerate(permutations(["stated", "revoked", "stated again"])):
        name = f"u{number}"
        for what in order:
            if what == "revoked":
                decide(identity, name, False, 2)
            else:
                state(identity, True, 1 if what == "stated" else 3, name)
            if number % 2:
                identity.run()
    identity.run()
    assert identity.rows("SELECT DISTINCT is_granted, decided_at FROM customers_consent") == [
        (False, minute(2))
    ]


def test_a_stated_revocation_counts(identity: Identity) -> None:
    decide(identity, "u", True, 1)
    state(identity, False, 2)
    identity.run()
    assert identity.consents(user(identity, "u")) == {EMAIL: False}


def test_who_opted_out_can_come_back(identity: Identity) -> None:
    decide(identity, "u", False, 1)
    decide(identity, "u", True, 2)
    state(identity, True, 3)
    identity.run()
    assert identity.consents(user(identity, "u")) == {EMAIL: True}


def test_a_grant_from_a_clock_that_is_ahead_does_not_outlive_the_opt_out(identity: Identity) -> None:
    decide(identity, "u", True, 600, received_at=minute(0))
    identity.run()
    decide(identity, "u", False, 5)
    identity.run()
    assert identity.consents(user(identity, "u")) == {EMAIL: False}


def test_unsubscribing_acts_at_once_and_only_once(identity: Identity) -> None:
    decide(identity, "u", True, 120)  # decided after the link is used, by the clocks
    identity.run(minute(120))
    customer = user(identity, "u")
    assert [revoke_here(identity, customer), revoke_here(identity, customer)] == [True, False]
    assert identity.consents(customer) == {EMAIL: False}
    identity.run(minute(121))  # the event that tells others of it changes nothing
    assert identity.consents(customer) == {EMAIL: False}
    assert changes(identity) == 2
    assert identity.rows(
        "SELECT properties ->> 'source', customer_id FROM events_event WHERE name = 'Consent Revoked'"
    ) == [("unsubscribe link", customer)]


def test_a_key_stands_for_one_decision(identity: Identity) -> None:
    identify(identity.shop, "u", at=minute(0))
    identity.run()
    customer = user(identity, "u")
    revoke_here(identity, customer)
    with pytest.raises(VuelveError) as refusal:
        grant(
            shop=identity.id, customer=customer, channel="email", purpose="marketing", now=minute(90), key="link:1",
            source="page", wording="Yes",
        )  # fmt: skip
    assert refusal.value.code == "key_reused"
    assert identity.consents(customer) == {EMAIL: False}
    assert grant(
        shop=identity.id, customer=customer, channel="email", purpose="marketing", now=minute(90), key="page:1",
        source="page", wording="Yes",
    )  # fmt: skip
    assert identity.consents(customer) == {EMAIL: True}


@pytest.mark.parametrize(("channel", "purpose"), [("pigeon", "marketing"), ("email", "transactional")])
def test_a_consent_that_does_not_exist_is_refused(identity: Identity, channel: str, purpose: str) -> None:
    identify(identity.shop, "u", at=minute(0))
    identity.run()
    with pytest.raises(VuelveError) as refusal:
        unsubscribe(
            shop=identity.id,
            customer=user(identity, "u"),
            channel=channel,
            purpose=purpose,
            now=NOW,
            key="k",
            source="x",
        )
    assert refusal.value.code == "unknown_consent"
    assert changes(identity) == 0


def test_an_unknown_customer_is_refused(identity: Identity) -> None:
    with pytest.raises(VuelveError) as refusal:
        revoke_here(identity, CustomerId(2**60))
    assert refusal.value.code == "not_found"
    assert identity.rows("SELECT FROM events_event") == []


def test_a_merge_loses_no_revocation(identity: Identity) -> None:
    for name, granted_at in (("early", 1), ("late", 9)):
        visitor = f"visitor-{name}"
        decide(identity, name, True, granted_at)
        track(
            identity.shop, "Consent Revoked", anonymous_id=visitor, at=minute(5),
            properties={"channel": "email", "purpose": "marketing"},
        )  # fmt: skip
        identity.run()
        track(identity.shop, "identify", kind=2, user_id=name, anonymous_id=visitor, at=minute(20))
        identity.run()
    assert identity.consents(user(identity, "early")) == {EMAIL: False}
    assert identity.consents(user(identity, "late")) == {EMAIL: True}  # agreed again after it
    assert changes(identity) == 4
    # Each decision stays with the node that made it, so that a merge can be taken back.
    assert identity.rows("SELECT count(DISTINCT customer_id) FROM customers_consent_change") == [(4,)]
    assert identity.rows("SELECT count(DISTINCT customer_id) FROM customers_consent") == [(2,)]


def test_unsubscribing_under_a_merged_id_counts_for_the_customer(identity: Identity) -> None:
    decide(identity, "u", True, 0)
    visit = track(identity.shop, "Product Viewed", anonymous_id="a", at=minute(0))
    identity.run()
    merged = CustomerId(identity.events_of()[visit])
    track(identity.shop, "identify", kind=2, user_id="u", anonymous_id="a", at=minute(1))
    identity.run()
    assert revoke_here(identity, merged)
    assert identity.consents(user(identity, "u")) == {EMAIL: False}
    assert identity.consents(merged) == {}
