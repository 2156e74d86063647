"""Privacy in the back office, the API and the command line: who may, what they see, what happens."""

import base64
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from vuelve.cli import privacy as cli
from vuelve.config.tests.story import Story, begin
from vuelve.config.tests.test_privacy import a_full_life, column, hits, quiet
from vuelve.customers.retention import RetentionTick, enforce
from vuelve.customers.services import disclosing
from vuelve.platform import jobs
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import CustomerId
from vuelve.shops.models import KeyKind, Role
from vuelve.shops.queries import retention
from vuelve.shops.services import issue_key, set_retention
from vuelve.shops.tests.people import browser_of, make_member
from vuelve.testing import identify, track


@pytest.fixture(scope="module")
def told(log: None) -> tuple[Story, CustomerId]:
    story = begin()
    return story, a_full_life(story)


def page_of(story: Story, path: str) -> str:
    return f"/s/{story.shop.slug}/{path}"


@pytest.mark.parametrize("locale", ["es", "pt-br", "en"])
def test_the_pages_answer_in_every_language(told: tuple[Story, CustomerId], locale: str) -> None:
    story, ana = told
    client = browser_of(make_member(story.shop, locale=locale))
    for path in (
        "data/privacy/",
        "data/privacy/?preview=1&events=90&customers=365",
        f"customers/{ana}/erase",
    ):
        response = client.get(page_of(story, path))
        assert response.status_code == 200, path
        assert f'<html lang="{locale}"' in response.content.decode()


@pytest.mark.parametrize("role", [Role.MARKETER, Role.SUPPORT, Role.ANALYST, Role.VIEWER])
def test_others_may_neither_copy_nor_erase_nor_change_how_long(
    told: tuple[Story, CustomerId], role: Role
) -> None:
    story, ana = told
    client = browser_of(make_member(story.shop, role=role))
    before = column(story, "SELECT count(*) FROM shops_auditentry")
    assert client.post(page_of(story, f"customers/{ana}/export")).status_code == 403
    assert client.get(page_of(story, f"customers/{ana}/erase")).status_code == 403
    assert client.post(page_of(story, f"customers/{ana}/erase"), {"confirm": "Ana"}).status_code == 403
    assert client.post(page_of(story, "data/privacy/retention"), {"events": "90"}).status_code == 403
    assert "/erase" not in client.get(page_of(story, f"customers/{ana}")).content.decode()
    assert client.get(page_of(story, "data/privacy/")).status_code == 200
    with for_shop(story.id):
        assert retention(story.id) == {}
    assert column(story, "SELECT count(*) FROM customers_erasure") == [0]
    assert column(story, "SELECT count(*) FROM shops_auditentry") == before


def test_a_copy_is_downloaded_and_noted(told: tuple[Story, CustomerId]) -> None:
    story, ana = told
    disclosing.request_export(shop=story.id, customer=ana, requested_by="shopify", now=story.clock.now())
    member = make_member(story.shop, role=Role.ADMIN)
    client = browser_of(member)
    assert "Shopify" in client.get(page_of(story, "data/privacy/")).content.decode()
    response = client.post(page_of(story, f"customers/{ana}/export"))
    assert response.status_code == 200
    assert "attachment" in response["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(response.getvalue())) as archive:
        assert json.loads(archive.read("data.json"))["customer_id"] == ana
    assert column(story, "SELECT count(*) FROM customers_disclosure WHERE downloaded_at IS NULL") == [0]
    assert column(
        story,
        f"SELECT count(*) FROM shops_auditentry WHERE action = 'Customer Exported' AND actor = '{member.email}'",
    ) == [1]


def test_the_erasure_is_confirmed_by_typing_and_reported(log: None) -> None:
    story = begin()
    ana = a_full_life(story)
    client = browser_of(make_member(story.shop, role=Role.OWNER, locale="en"))
    page = client.get(page_of(story, f"customers/{ana}/erase")).content.decode()
    assert "type “Ana”" in page
    wrong = client.post(page_of(story, f"customers/{ana}/erase"), {"confirm": "Bea"})
    assert wrong.status_code == 422
    assert column(story, "SELECT count(*) FROM customers_erasure") == [0]
    response = client.post(page_of(story, f"customers/{ana}/erase"), {"confirm": " ana "})
    assert response.status_code == 302
    waiting = client.get(response["Location"]).content.decode()
    assert "Requested" in waiting
    jobs.run_pending()
    report = client.get(response["Location"]).content.decode()
    assert "Nothing was found afterwards" in report
    assert hits(story) == []
    downloaded = client.get(response["Location"] + "?download=json")
    assert downloaded.json()["verification"]["is_clean"] is True
    remains = column(story, "SELECT remains_id FROM customers_erasure")[0]
    for former in (ana, remains):  # where links of old pages and of orders lead
        assert client.get(page_of(story, f"customers/{former}"))["Location"] == response["Location"]
    assert client.get(page_of(story, f"customers/{ana}/erase")).status_code == 404
    for path in ("data/privacy/", "messages/", "customers/", ""):
        assert client.get(page_of(story, path)).status_code == 200, path
    message = column(story, "SELECT min(id) FROM channels_message")[0]
    assert client.get(page_of(story, f"messages/{message}")).status_code == 200
    assert client.get(page_of(story, f"messages/{message}/body")).status_code == 200
    other = begin()
    stranger = browser_of(make_member(other.shop))
    assert stranger.get(response["Location"].replace(story.shop.slug, other.shop.slug)).status_code == 404


def test_how_long_is_shown_in_numbers_before_it_is_saved(told: tuple[Story, CustomerId]) -> None:
    story, _ana = told
    client = browser_of(make_member(story.shop, role=Role.OWNER, locale="en"))
    events = column(story, "SELECT count(*) FROM events_event")[0]
    track(story.shop, "Product Viewed", user_id="ana", at=story.clock.now(), received_at=story.clock.now())
    page = client.get(page_of(story, "data/privacy/?preview=1&events=90")).content.decode()
    assert "Removes now" in page
    client.post(
        page_of(story, "data/privacy/retention"), {"events": "90", "refused": "7", "customers": "nonsense"}
    )
    with for_shop(story.id):
        chosen = retention(story.id)
    assert chosen == {"events": 90, "refused": 7, "messages": None, "visitors": None, "customers": None}
    assert column(story, "SELECT count(*) FROM events_event") == [events + 1]


def keep_for(story: Story, *, days: int) -> None:
    """What the tick does to the shop, so many days from now, until nothing is left to do."""
    while enforce(story.id, now=story.clock.now() + timedelta(days=days)):
        pass


def test_what_is_older_goes_and_the_rest_stays(log: None) -> None:
    story = begin()
    a_full_life(story)
    track(story.shop, "Product Viewed", anonymous_id="visitor", at=story.clock.now())
    story.settle()
    with for_shop(story.id) as cursor:
        cursor.execute(
            "UPDATE customers_customer SET last_seen_at = last_seen_at - interval '40 days' WHERE user_id IS NULL"
        )
    orders = column(story, "SELECT count(*) FROM commerce_order")
    # Nothing is removed that the shop has not spoken of.
    before = column(story, "SELECT count(*) FROM events_event")
    keep_for(story, days=29)
    assert column(story, "SELECT count(*) FROM events_event") == before
    set_retention(
        shop=story.id, days={"visitors": 30, "messages": 30, "events": 90}, actor="owner@example.com"
    )
    assert RetentionTick().tick(VirtualClock(story.clock.now() + timedelta(days=31)))  # as the worker does
    keep_for(story, days=31)
    assert column(story, "SELECT count(*) FROM customers_customer WHERE user_id = 'ana'") == [1]
    assert column(story, "SELECT count(*) FROM customers_identifier WHERE value = 'visitor'") == [0]
    assert column(story, "SELECT count(*) FROM events_event WHERE anonymous_id = 'visitor'") == [0]
    assert column(story, "SELECT count(*) FROM events_rejected") == [0]
    assert column(
        story, "SELECT count(*) FROM channels_message WHERE subject IS NOT NULL AND status = 'delivered'"
    ) == [0]
    keep_for(story, days=91)
    assert column(story, "SELECT count(*) FROM events_event WHERE customer_id IS NOT NULL") == [0]
    assert column(story, "SELECT count(*) FROM commerce_order") == orders
    set_retention(shop=story.id, days={"customers": 365}, actor="owner@example.com")
    keep_for(story, days=400)
    assert column(story, "SELECT count(*) FROM customers_customer") == [0]
    assert column(story, "SELECT count(*) FROM commerce_order") == orders
    assert column(story, "SELECT count(*) FROM customers_erasure") == [0]
    identify(story.shop, "ana", at=story.clock.now(), traits={"email": "ana@example.com"})
    story.settle()  # whoever comes back is welcome: nobody asked to be erased
    assert column(story, "SELECT count(*) FROM customers_customer WHERE user_id = 'ana'") == [1]


def with_key(story: Story, kind: KeyKind) -> Client:
    secret = issue_key(shop=story.shop, kind=kind).secret
    token = base64.b64encode(f"{secret}:".encode()).decode()
    return Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Basic {token}")


def test_the_api_hands_out_and_erases_with_a_secret_key(log: None) -> None:
    story = quiet()
    ana = a_full_life(story)
    client = with_key(story, KeyKind.SECRET)
    copy = client.get(f"/api/v1/customers/{ana}/export")
    document = json.loads(copy.getvalue())
    assert document["data"]["customers"]["traits"][0]["source"] == "test"
    archive = client.get(f"/api/v1/customers/{ana}/export?format=zip")
    assert zipfile.is_zipfile(io.BytesIO(archive.getvalue()))
    for public in (
        with_key(story, KeyKind.WRITE),
        with_key(quiet(), KeyKind.SECRET),
        Client(HTTP_HOST="localhost"),
    ):
        assert public.get(f"/api/v1/customers/{ana}/export").status_code in (401, 404)
        assert public.post(f"/api/v1/customers/{ana}/erase").status_code in (401, 404)
    assert column(story, "SELECT count(*) FROM customers_erasure") == [0]
    asked = client.post(f"/api/v1/customers/{ana}/erase")
    assert asked.status_code == 202
    assert client.post(f"/api/v1/customers/{ana}/erase").json()["id"] == asked.json()["id"]
    jobs.run_pending()
    done = client.get(f"/api/v1/erasures/{asked.json()['id']}").json()
    assert done["state"] == "finished"
    assert done["verification"]["is_clean"] is True
    assert client.post(f"/api/v1/customers/{ana}/erase").json() == done
    assert client.get(f"/api/v1/customers/{ana}/export").status_code == 404
    assert hits(story) == []


def test_the_command_line_says_what_goes_and_does_it(
    log: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story = quiet()
    a_full_life(story)
    target = tmp_path / "copy.zip"
    cli.export(shop=story.shop.slug, customer=None, email="ana@example.com", out=target)
    assert zipfile.is_zipfile(target)
    cli.erase(shop=story.shop.slug, customer=None, email="ana@example.com", is_sure=True)
    out, err = capsys.readouterr()
    assert "goes: " in err
    assert "2 Orders" in err
    assert json.loads(out.strip().splitlines()[-1])["verification"]["is_clean"] is True
    assert hits(story) == []
    with pytest.raises(VuelveError, match="not_found"):
        cli.erase(shop=story.shop.slug, customer=None, email="ana@example.com", is_sure=True)
    with pytest.raises(VuelveError, match="customer_missing"):
        cli.export(shop=story.shop.slug, customer=None, email=None, out=None)
