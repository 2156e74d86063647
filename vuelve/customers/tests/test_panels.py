"""New customers on the overview, and customers in the search of the top bar."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from vuelve.customers.panels import NewCustomersPanel
from vuelve.customers.search import CustomerSearch
from vuelve.customers.tests.world import NOW, Identity, minute
from vuelve.platform import limits
from vuelve.shops.tests.people import page_request
from vuelve.testing import identify, make_shop, track


def panel(identity: Identity, days: int = 7, now: datetime = NOW + timedelta(hours=1)) -> Any:
    with translation.override("en"):
        return NewCustomersPanel().context(page_request(identity.shop, now=now, days=days), identity.id, None)


def test_who_was_seen_for_the_first_time(identity: Identity) -> None:
    track(identity.shop, "Page Viewed", user_id="old", at=NOW - timedelta(days=20))
    track(identity.shop, "Page Viewed", user_id="before", at=NOW - timedelta(days=9))
    track(identity.shop, "Page Viewed", user_id="new", at=NOW - timedelta(days=2))
    track(identity.shop, "Page Viewed", user_id="old", at=NOW)  # was back, but is not new
    identity.run()
    context = panel(identity)
    assert context["tiles"][0].value == "1"
    assert context["tiles"][0].change.before == "1"
    assert sum(row[1] for row in context["charts"][0].rows) == 1


def test_two_profiles_of_one_person_count_once(identity: Identity) -> None:
    track(identity.shop, "Page Viewed", anonymous_id="a1", at=minute(0))
    track(identity.shop, "Page Viewed", user_id="u1", at=minute(1))
    identity.run()
    assert panel(identity)["tiles"][0].value == "2"
    track(identity.shop, "identify", user_id="u1", anonymous_id="a1", at=minute(2), kind=2)
    identity.run()
    assert panel(identity)["tiles"][0].value == "1"


def test_a_shop_without_customers_has_no_data(identity: Identity) -> None:
    other = make_shop()
    track(other, "Page Viewed", user_id="theirs", at=NOW)
    identity.run()
    context = panel(identity)
    assert (context["tiles"][0].value, context["has_data"]) == ("0", False)


# --- search ------------------------------------------------------------------------------------------------------


def found(identity: Identity, query: str) -> list[str]:
    with translation.override("en"):
        group = CustomerSearch().search(page_request(identity.shop, now=NOW), identity.id, query)
    return [str(hit.label) for hit in group.hits] if group else []


@pytest.fixture
def ana(identity: Identity) -> Identity:
    traits = {"email": "Ana.Peña@example.com", "firstName": "Ana María", "lastName": "Peña Muñoz"}
    identify(identity.shop, "hh-17", at=minute(0), traits=traits)
    identify(identity.shop, "hh-18", at=minute(1), traits={"firstName": "Luis", "email": "luis@example.com"})
    identity.run()
    return identity


@pytest.mark.parametrize(
    "query",
    ["ana", "ANA M", "maria", "peña", "pena", "Muñoz", "munoz", "hh-17", "ana.pe", "Ana.Peña@example.com"],
)
def test_by_name_without_accents_by_e_mail_by_id(ana: Identity, query: str) -> None:
    assert found(ana, query) == ["Ana María Peña Muñoz"]


@pytest.mark.parametrize("query", ["%", "_", "zzz", "' OR 1=1 --", "\U0010ffff", "hh-9"])
def test_nothing_else_is_a_hit(ana: Identity, query: str) -> None:
    assert found(ana, query) == []


def test_both_ways_to_the_same_customer_are_one_hit(ana: Identity) -> None:
    assert found(ana, "hh-1") == ["Luis", "Ana María Peña Muñoz"]


def test_who_was_merged_is_found_under_the_other_profile(identity: Identity) -> None:
    identify(identity.shop, "u1", at=minute(0), traits={"firstName": "Ana"})
    track(identity.shop, "Page Viewed", email="ana@example.com", anonymous_id="x", at=minute(1))
    identity.run()
    identify(identity.shop, "u1", at=minute(2), traits={"email": "ana@example.com"})
    identity.run()
    assert found(identity, "ana@ex") == found(identity, "u1")
    assert len(found(identity, "ana")) == 1


def test_the_number_of_hits_is_bounded(identity: Identity) -> None:
    for number in range(limits.SEARCH_HITS_MAX + 3):
        identify(identity.shop, f"hh-{number}", at=minute(number), traits={"firstName": "Ana"})
    identity.run()
    assert len(found(identity, "ana")) == limits.SEARCH_HITS_MAX


def test_customers_of_another_shop_are_not_found(ana: Identity) -> None:
    other = make_shop()
    assert CustomerSearch().search(page_request(other, now=NOW), ana.id, "zzz") is not None
    with translation.override("en"):
        group = CustomerSearch().search(
            page_request(other, now=NOW), page_request(other, now=NOW).shop_id, "ana"
        )
    assert group is not None
    assert list(group.hits) == []
