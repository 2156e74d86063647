"""The pages for developers, with every consumer wired: what arrived, what was refused and why, what is in it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from vuelve.config.tests.developer import PAGES, audit_lines, only_event, page, refuse, send, settle
from vuelve.events.services import prepare_log
from vuelve.platform import jobs
from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Role, Shop
from vuelve.shops.tests.conftest import cheap_passwords  # noqa: F401
from vuelve.shops.tests.people import browser_of, make_member
from vuelve.testing import make_shop

NASTY = "<script>alert(1)</script>"
LANGUAGES = {"es": "Datos", "pt-br": "Dados", "en": "Data"}


@pytest.fixture
def shop(log: None) -> Shop:
    prepare_log(now=real.now())
    return make_shop()


@pytest.fixture
def browser(shop: Shop) -> Client:
    return browser_of(make_member(shop, locale="en"))


# --- every page ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role.values)
def test_every_role_may_look(shop: Shop, role: str) -> None:
    send(shop)
    browser = browser_of(make_member(shop, role=Role(role)))
    for path in (*PAGES, only_event(shop)):
        page(browser, shop, path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_in_every_language_with_and_without_data(shop: Shop, language: str) -> None:
    browser = browser_of(make_member(shop, locale=language))
    for path in PAGES:
        found = page(browser, shop, path)
        assert path.startswith("live/new") or LANGUAGES[language] in found
    send(shop, "Order Completed", properties={"total": 5})
    refuse(shop)
    settle()
    for path in (*PAGES, only_event(shop), "schema/event?kind=1&name=Order+Completed"):
        page(browser, shop, path)


def test_strangers_see_nothing(shop: Shop) -> None:
    send(shop)
    stranger = browser_of(make_member(make_shop()))
    for path in (*PAGES, only_event(shop)):
        page(stranger, shop, path, status=404)


def test_another_shop_s_events_are_never_shown(shop: Shop, browser: Client) -> None:
    other = make_shop()
    send(other, "Secret Event", message_id="their-message")
    refuse(other, excerpt='{"theirs": 1}')
    settle()
    theirs = only_event(other)
    for path in (*PAGES, "live/?who=their-message", "live/?name=Secret+Event"):
        found = page(browser, shop, path)
        assert "theirs" not in found
        assert 'href="/s/' + other.slug not in found
        assert not ("Secret Event" in found and "name=Secret" not in path)
    page(browser, shop, theirs, status=404)
    page(browser, shop, "schema/event?kind=1&name=Secret+Event", status=404)


def test_no_text_that_was_sent_is_markup(shop: Shop, browser: Client) -> None:
    send(
        shop,
        f"A{NASTY}",
        user_id=f"u{NASTY}",
        email=f"e{NASTY}@x.mx",
        message_id=f"m{NASTY}",
        properties={NASTY: NASTY, "deep": {"a": [NASTY]}},
    )
    refuse(
        shop, code=f"c{NASTY}", excerpt=NASTY, field=NASTY, event_name=NASTY, event_type="track", hint=NASTY
    )
    settle()
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute(
            "INSERT INTO events_quarantine (shop_id, consumer, seq, message_id, error, quarantined_at) VALUES (%s, %s, 1, %s, %s, %s)",
            [shop.pk, NASTY, NASTY, NASTY, real.now()],
        )
    schema_of = f"schema/event?kind=1&name=A{NASTY}"
    paths = (
        *PAGES,
        only_event(shop),
        schema_of,
        f"live/?name={NASTY}&who={NASTY}&source={NASTY}",
        f"refused/?name={NASTY}",
    )
    for path in paths:
        assert NASTY not in page(browser, shop, path), path


# --- live ---------------------------------------------------------------------------------------------------


def test_the_newest_event_comes_first_and_says_whose_it_is(shop: Shop, browser: Client) -> None:
    send(shop, "First Thing", user_id="ana", email="ana@example.com")
    send(shop, "Second Thing", user_id="ana")
    found = page(browser, shop, "live/")
    assert found.index("Second Thing") < found.index("First Thing")
    assert "being identified" in found
    settle()
    found = page(browser, shop, "live/")
    assert "being identified" not in found
    assert "ana@example.com" in found
    assert f'href="/s/{shop.slug}/customers/' in found


def test_filters_narrow_the_list_and_stand_in_the_address(shop: Shop, browser: Client) -> None:
    send(shop, "Plain Thing", user_id="ana", message_id="m-plain")
    send(shop, "Past Thing", user_id="beto", historical=True)
    send(shop, "identify", user_id="ana", kind=2, email="ana@example.com")
    expected = {
        "name=Plain+Thing": {"Plain Thing"},
        "kind=2": {"identify"},
        "who=beto": {"Past Thing"},
        "who=ANA@example.com": {"identify"},
        "who=m-plain": {"Plain Thing"},
        "past=yes": {"Past Thing"},
        "past=no": {"Plain Thing", "identify"},
        "origin=0": {"Plain Thing", "Past Thing", "identify"},
        "origin=1": set(),
        "source=nobody": set(),
        "kind=9&origin=x&past=maybe&before=1&look=abc": {"Plain Thing", "Past Thing", "identify"},
    }
    for query, names in expected.items():
        found = page(browser, shop, f"live/?{query}")
        rows = found.partition("<tbody")[2].partition("</tbody>")[0]
        assert {
            name for name in ("Plain Thing", "Past Thing", "identify") if f">{name}</a>" in rows
        } == names, query


def test_new_rows_come_by_themselves_and_unidentified_ones_come_again(shop: Shop, browser: Client) -> None:
    settle()
    first = page(browser, shop, "live/")
    since = first.partition('data-since="')[2].partition('"')[0]
    send(shop, "Arrived Later")
    news = page(browser, shop, f"live/new?since={since}")
    assert "Arrived Later" in news
    assert 'data-state=""' in news
    again = news.partition('data-since="')[2].partition('"')[0]
    settle()
    assert "Arrived Later" in page(browser, shop, f"live/new?since={again}")
    last = page(browser, shop, f"live/new?since={again}").partition('data-since="')[2].partition('"')[0]
    assert "Arrived Later" not in page(browser, shop, f"live/new?since={last}")


def test_a_filter_that_finds_nothing_offers_to_look_further_back(
    shop: Shop, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vuelve.platform.limits.LIVE_WINDOW_ROWS", 3)
    monkeypatch.setattr("vuelve.platform.limits.LIVE_WINDOW_ROWS_MAX", 3)
    send(shop, "Needle", user_id="needle")
    for _n in range(8):
        send(shop, "Hay")
    found = page(browser, shop, "live/?who=needle")
    steps = 0
    while "Needle</a>" not in found:
        assert "Look further back" in found
        url = (
            found.partition("data-live-empty")[2]
            .partition('href="')[2]
            .partition('"')[0]
            .replace("&amp;", "&")
        )
        found = browser.get(url).content.decode()
        steps += 1
    assert steps == 2  # three rows at a time


def test_a_rare_event_is_found_where_it_was_last_seen(
    shop: Shop, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(shop, "Rare Thing")
    settle()
    for _n in range(8):
        send(make_shop(), "Hay")
    monkeypatch.setattr("vuelve.platform.limits.LIVE_WINDOW_ROWS", 3)
    assert "Rare Thing</a>" in page(browser, shop, "live/?name=Rare+Thing")
    assert "Rare Thing</a>" in page(browser, shop, "live/")


def test_a_clock_that_is_off_is_marked(shop: Shop, browser: Client) -> None:
    send(shop, "Late Thing", at=real.now() - timedelta(hours=3), received_at=real.now())
    assert "3 hours later" in page(browser, shop, "live/")


def test_long_names_a_thousand_keys_and_right_to_left_text(shop: Shop, browser: Client) -> None:
    send(shop, "L" * 200, user_id="מזהה", properties={f"key {n}": n for n in range(1000)} | {"نص": "مرحبا"})
    settle()
    assert "L" * 200 in page(browser, shop, "live/")
    assert "مرحبا" in page(browser, shop, only_event(shop))
    found = page(browser, shop, f"schema/event?kind=1&name={'L' * 200}")
    assert found.count("<tr>") - 1 == 200  # the bound; the rest is only counted
    assert "more than 200 properties" in found


def test_what_is_not_settled_is_asked_for_again_the_oldest_included(shop: Shop, browser: Client) -> None:
    settle()
    send(shop, "Settled Thing")
    settle()
    for n in range(3):
        send(shop, f"Open Thing {n}")
    first = page(browser, shop, "live/")
    since = first.partition('data-since="')[2].partition('"')[0]
    settle()
    again = page(browser, shop, f"live/new?since={since}")
    assert all(f"Open Thing {n}" in again for n in range(3))
    assert "Settled Thing" not in again
    assert "being identified" not in again


# --- one event ------------------------------------------------------------------------------------------------


def test_an_event_says_what_became_of_it(shop: Shop, browser: Client) -> None:
    send(shop, "Order Completed", properties={"order_id": "A1", "currency": "XXY", "total": 5})
    path = only_event(shop)
    assert page(browser, shop, path).count("not yet read") >= 2
    settle()
    found = page(browser, shop, path)
    assert "The currency does not exist." in found
    assert "not yet read" not in found
    listed = page(browser, shop, "refused/without-effect")
    assert "The currency does not exist." in listed
    assert f"data/{path}" in listed


def test_an_order_that_was_made_is_named(shop: Shop, browser: Client) -> None:
    products = [{"product_id": "P1", "quantity": 1, "price": 5}]
    send(
        shop,
        "Order Completed",
        properties={"order_id": "A1", "currency": "MXN", "total": 5, "products": products},
    )
    settle()
    assert "Order A1, " in page(browser, shop, only_event(shop))


def test_numbers_are_shown_as_they_were_sent(shop: Shop, browser: Client) -> None:
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute(
            "INSERT INTO events_event (shop_id, kind, origin, occurred_at, received_at, name, source, message_id, properties) "
            "VALUES (%s, 1, 0, %s, %s, 'N', 'api', 'n', '{\"id\": 12345678901234567890, \"total\": 499.00}')",
            [shop.pk, real.now(), real.now()],
        )
    found = page(browser, shop, only_event(shop))
    assert "12345678901234567890" in found
    assert "499.00" in found


@pytest.mark.parametrize(
    ("role", "is_readable"), [(role, role not in ("support", "viewer")) for role in Role.values]
)
def test_who_may_read_payloads(shop: Shop, role: str, is_readable: bool) -> None:
    send(shop, properties={"said": "ask-for-ana", "n": 41235})
    refuse(shop, excerpt='{"said": "ask-for-ana", "n": 41235}')
    browser = browser_of(make_member(shop, role=Role(role)))
    for path in (only_event(shop), "refused/", "refused/?download=csv"):
        found = page(browser, shop, path)
        assert ("ask-for-ana" in found) is is_readable, path
        assert ("41235" in found) is is_readable, path


def test_the_panel_is_the_page_without_its_frame(shop: Shop, browser: Client) -> None:
    send(shop)
    part = page(browser, shop, only_event(shop), HX_Request="true")
    assert "<html" not in part
    assert "Product Viewed" in part


@pytest.mark.parametrize("path", ["live/0-0", "live/99999999999999999999-1", "live/1-99999999999999999999"])
def test_an_event_that_does_not_exist(shop: Shop, browser: Client, path: str) -> None:
    page(browser, shop, path, status=404)


# --- refused ------------------------------------------------------------------------------------------------


def test_a_refusal_says_what_is_wrong_and_what_to_do(shop: Shop, browser: Client) -> None:
    refuse(
        shop,
        code="identity_missing",
        excerpt='{"event": "Thing"}',
        field="userId",
        event_name="Thing",
        index=3,
    )
    refuse(shop, code="never heard of")
    found = page(browser, shop, "refused/")
    assert "Send userId or anonymousId" in found
    assert "number 3 of its batch" in found
    assert "never heard of" in found
    narrowed = page(browser, shop, "refused/?code=identity_missing")
    assert narrowed.count("refusals__item") == 1
    assert "Nothing matches" in page(browser, shop, "refused/?code=identity_missing&name=Other")
    table = page(browser, shop, "refused/?download=csv")
    assert table.count("\n") == 3
    assert "identity_missing" in table


def test_refusals_older_than_their_time_are_not_shown(shop: Shop, browser: Client) -> None:
    refuse(shop)
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute("UPDATE events_rejected SET received_at = %s", [real.now() - timedelta(days=31)])
    assert "Nothing was refused" in page(browser, shop, "refused/")


@pytest.mark.parametrize("role", Role.values)
def test_who_may_have_a_set_aside_event_tried_again(shop: Shop, role: str) -> None:
    send(shop)
    settle()
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute(
            "INSERT INTO events_quarantine (shop_id, consumer, xid, seq, message_id, error, quarantined_at) "
            "SELECT shop_id, 'commerce', xid, seq, message_id, 'ValueError(''ask-for-ana'')', received_at FROM events_event LIMIT 1 RETURNING seq"
        )
        row = cursor.fetchone()
    assert row is not None
    browser = browser_of(make_member(shop, role=Role(role), locale="en"))
    found = page(browser, shop, "refused/set-aside")
    whole = page(browser, shop, only_event(shop))
    assert "set aside" in whole
    is_readable = role not in ("support", "viewer")
    for text in (found, whole):
        assert "ValueError" in text
        assert ("ask-for-ana" in text) is is_readable
    may = role in ("owner", "admin")
    assert ("Try again" in found) is may
    posted = {"consumer": "commerce", "seq": row[0]}
    assert browser.post(f"/s/{shop.slug}/data/refused/try-again", posted).status_code == (302 if may else 403)
    assert audit_lines(shop) == int(may)
    jobs.run_pending()
    assert ("ValueError" in page(browser, shop, "refused/set-aside")) is not may


# --- schema ---------------------------------------------------------------------------------------------------


def test_the_schema_names_types_shares_and_what_is_missing(shop: Shop, browser: Client) -> None:
    for n in range(4):
        properties: dict[str, Any] = {
            "order_id": f"A{n}",
            "total": n if n else "free",
            "when": "2026-03-01T10:00:00Z",
        }
        if n < 3:
            properties["currency"] = "MXN"
        send(
            shop, "Order Completed", user_id=f"u{n}", properties=properties | {"email": f"ana{n}@example.com"}
        )
    settle()
    listed = page(browser, shop, "schema/")
    assert "currency is missing in 25%" in listed
    assert "products is never sent" in listed
    assert "revenue" not in listed  # the total will do
    found = page(browser, shop, "schema/event?kind=1&name=Order+Completed")
    assert "several types" in found
    assert "75%" in found
    assert "required" in found
    assert "personal: not shown" in found
    assert "ana0" not in found
    assert "MXN" in found


def test_one_of_two_properties_will_do(shop: Shop, browser: Client) -> None:
    send(shop, "Product Viewed", properties={"sku": "A"})
    send(shop, "Product Viewed", properties={"name": "Café"})
    settle()
    listed = page(browser, shop, "schema/")
    assert "product_id or sku is missing in 50%" in listed
    assert "name is missing in 50%" in listed


def test_a_shop_that_sent_nothing_is_told_so_however_much_others_sent(
    shop: Shop, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vuelve.platform.limits.LIVE_WINDOW_ROWS", 3)
    for _n in range(8):
        send(make_shop(), "Hay")
    assert "Nothing has arrived yet" in page(browser, shop, "live/")
    assert "No event matches" in page(browser, shop, "live/?name=Hay")
