"""Two connections at once: one identifier has one customer, one customer one user, and nobody deadlocks."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from vuelve.customers.services import claim, grant, resolve, unsubscribe
from vuelve.customers.tests.world import NOW, Identity, minute, user
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import CustomerId
from vuelve.testing import identify, track


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """Each deed on a thread and a connection of its own, begun together; their results."""
    start = threading.Barrier(len(deeds))
    results: list[object] = [None] * len(deeds)

    def do(number: int, deed: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            start.wait(timeout=30)
            results[number] = deed()
        except BaseException as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(number, deed)) for number, deed in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    errors = [result for result in results if isinstance(result, BaseException)]
    assert errors == []
    return results


def claimed(identity: Identity, key: str, at: float = 0, **identifiers: str) -> Callable[[], CustomerId]:
    return lambda: claim(shop=identity.id, now=minute(at), key=key, **identifiers)


def test_two_who_claim_one_new_email_get_one_customer(identity: Identity) -> None:
    for number in range(8):
        email = f"e{number}@example.com"
        found = at_once(
            *(claimed(identity, f"k{n}", email=email, anonymous_id=f"a{number}.{n}") for n in range(3))
        )
        assert len(set(found)) == 1
    assert identity.rows("SELECT count(*) FROM customers_customer") == [(8,)]


def test_two_users_who_claim_one_new_email_stay_two_and_the_earlier_keeps_it(identity: Identity) -> None:
    for number in range(8):
        email = f"e{number}@example.com"
        later, earlier = at_once(
            claimed(identity, "a", at=2, user_id=f"u{number}", email=email),
            claimed(identity, "b", at=1, user_id=f"v{number}", email=email),
        )
        assert later != earlier
        assert resolve(shop=identity.id, email=email) == earlier
        assert user(identity, f"u{number}") == later
    assert identity.rows("SELECT FROM customers_alias") == []


def test_two_users_who_claim_one_visitor_do_not_become_one(identity: Identity) -> None:
    """Through different identifiers of the visitor: locks on identifiers alone would let both have it."""
    for number in range(8):
        email, device = f"e{number}@example.com", f"a{number}"
        claim(shop=identity.id, email=email, anonymous_id=device, now=minute(0), key="visit")
        first, second = at_once(
            claimed(identity, "a", at=1, user_id=f"u{number}", email=email),
            claimed(identity, "b", at=1, user_id=f"v{number}", anonymous_id=device),
        )
        assert first != second
        assert [user(identity, f"u{number}"), user(identity, f"v{number}")] == [first, second]
    flat = identity.rows(
        "SELECT FROM customers_alias a JOIN customers_alias b ON b.customer_id = a.canonical_id"
    )
    assert flat == []


def test_merges_in_a_ring_neither_deadlock_nor_chain(identity: Identity) -> None:
    for number in range(6):
        names = {"user_id": f"u{number}", "email": f"e{number}@example.com", "phone": f"+52551234567{number}"}
        for kind, value in names.items():
            claim(shop=identity.id, now=minute(0), key=kind, **{kind: value})
        at_once(
            claimed(identity, "1", 1, user_id=names["user_id"], email=names["email"]),
            claimed(identity, "2", 1, email=names["email"], phone=names["phone"]),
            claimed(identity, "3", 1, user_id=names["user_id"], phone=names["phone"]),
        )
        owners = {resolve(shop=identity.id, **{kind: value}) for kind, value in names.items()}
        assert owners == {user(identity, f"u{number}")}
    flat = identity.rows(
        "SELECT FROM customers_alias a JOIN customers_alias b ON b.customer_id = a.canonical_id"
    )
    assert flat == []


def test_the_consumer_and_a_claim_of_the_same_email(identity: Identity) -> None:
    for number in range(6):
        email = f"e{number}@example.com"
        track(identity.shop, "Order Completed", anonymous_id=f"a{number}", email=email, at=minute(0))
        identify(identity.shop, f"u{number}", traits={"email": email, "firstName": "Ana"}, at=minute(1))
        at_once(identity.run, claimed(identity, "k", at=2, email=email, anonymous_id=f"b{number}"))
        assert resolve(shop=identity.id, email=email) == user(identity, f"u{number}")
        assert identity.column("first_name", user(identity, f"u{number}")) == "Ana"


def test_an_opt_out_at_the_moment_of_a_grant_is_not_lost(identity: Identity) -> None:
    identify(identity.shop, "u", at=minute(0))
    identity.run()
    customer = user(identity, "u")
    for number in range(10):
        at = number * 10 + 1
        at_once(granted(identity, customer, at, f"g{number}"), revoked(identity, customer, at, f"r{number}"))
        newest = identity.rows(
            "SELECT is_granted FROM customers_consent_change ORDER BY decided_at DESC, message_id DESC LIMIT 1"
        )
        assert identity.rows("SELECT is_granted FROM customers_consent") == newest
    assert identity.rows("SELECT count(*) FROM customers_consent_change") == [(20,)]


def test_one_key_twice_at_once_is_one_decision(identity: Identity) -> None:
    identify(identity.shop, "u", at=minute(0))
    identity.run()
    customer = user(identity, "u")
    done = at_once(*(revoked(identity, customer, 5, "link") for _ in range(3)))
    assert sorted(map(bool, done)) == [False, False, True]
    assert identity.rows("SELECT count(*) FROM customers_consent_change") == [(1,)]


def granted(identity: Identity, customer: CustomerId, at: float, key: str) -> Callable[[], bool]:
    return lambda: grant(
        shop=identity.id, customer=customer, channel="email", purpose="marketing", now=minute(at), key=key,
        source="page", wording="Yes",
    )  # fmt: skip


def revoked(identity: Identity, customer: CustomerId, at: float, key: str) -> Callable[[], bool]:
    return lambda: unsubscribe(
        shop=identity.id, customer=customer, channel="email", purpose="marketing", now=minute(at), key=key,
        source="link",
    )  # fmt: skip


def test_what_names_nobody_is_refused(identity: Identity) -> None:
    for identifiers, code in (
        ({}, "identity_missing"),
        ({"email": "nobody"}, "invalid_email"),
        ({"user_id": "x" * 10_000}, "identity_too_long"),
    ):
        with pytest.raises(VuelveError) as refusal:
            claim(shop=identity.id, now=NOW, key="k", **identifiers)
        assert refusal.value.code == code
    assert identity.rows("SELECT FROM customers_customer") == []
