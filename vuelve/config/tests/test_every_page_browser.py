"""Every page of a shop that is in use, on the narrowest phone and in both themes: nothing wider than the screen, one heading, axe
finds nothing serious, no script fails; whatever customers and members call themselves.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from vuelve.config.tests.test_roles import ADDRESSES
from vuelve.events.consuming import drain
from vuelve.events.services import make_months, prepare_log
from vuelve.platform import jobs
from vuelve.platform.clock import VirtualClock, real
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.platform.tests.browser import serious_faults, sign_in
from vuelve.sandbox import services as sandbox
from vuelve.shops import services
from vuelve.shops.models import Membership, Shop
from vuelve.shops.tests.people import make_member
from vuelve.testing import identify, make_shop, track

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NASTY = "<script>alert(1)</script> مريم " + "🐟" * 20 + " " + "Wolfeschlegelsteinhausenbergerdorff" * 12
# They hand out files or parts of pages, or only take what is sent.
NO_PAGES = {
    "export_download",
    "import_rejects",
    "message_body",
    "data_live_new",
    "data_arrival",
    "data_schema_name",
    "search",
}


# The innermost elements that reach over the edge, but for what scrolls by itself.
WIDEST = """() => [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > 361
  && !one.closest('.table-frame, .tabs, pre, [hidden]') && ![...one.children].some((child) => child.getBoundingClientRect().right > 361))
  .slice(0, 3).map((one) => one.tagName + '.' + one.className + ' in ' + one.parentElement.className)"""


def things(shop: ShopId) -> dict[str, Any]:
    """Something that is there, by the parameter of an address."""
    with for_shop(shop) as cursor:

        def one(query: str) -> Any:
            row = cursor.execute(query, [shop]).fetchone()
            return row[0] if row else None

        return {
            "customer_id": one("SELECT id FROM customers_customer WHERE shop_id = %s AND user_id = 'nasty'"),
            "order_id": "N-1",
            "message_id": one("SELECT max(id) FROM channels_message WHERE shop_id = %s"),
            "key": one("SELECT min(key) FROM journeys_journey WHERE shop_id = %s"),
            "xid": one("SELECT xid FROM events_event WHERE shop_id = %s ORDER BY xid DESC, seq DESC LIMIT 1"),
            "seq": one("SELECT seq FROM events_event WHERE shop_id = %s ORDER BY xid DESC, seq DESC LIMIT 1"),
        }


@pytest.fixture(scope="module")
def shop(log: None) -> Shop:
    """A filled sandbox with an emoji for a name, and a customer whose every field is nasty."""
    now = real.now()
    prepare_log(now=now)
    make_months("events_event", (now - timedelta(days=150)).date(), now.date())
    like = make_shop()
    member = make_member(like, name=NASTY[:120])
    by = Membership.objects.select_related("member", "shop").get(member=member, shop=like)
    made = sandbox.make(by=by)
    Shop.objects.filter(pk=made.pk).update(name="🛍️ " + NASTY[:110])
    mine = Membership.objects.select_related("member", "shop").get(member=member, shop=made)
    sandbox.ask_to_fill(by=mine, now=now)
    jobs.run_pending()
    traits = {
        "name": NASTY[:500],
        "email": "nasty@example.com",
        "city": NASTY,
        "<b>trait</b>": NASTY,
        "locale": "ar",
    }
    identify(made, "nasty", at=now, traits=traits)
    product = {"product_id": NASTY[:90], "name": NASTY, "category": NASTY[:90], "quantity": 1, "price": 10}
    body = {
        "order_id": "N-1",
        "order_number": NASTY[:60],
        "currency": "MXN",
        "total": 10,
        "products": [product],
    }
    track(made, "Order Completed", user_id="nasty", at=now, properties=body)
    track(made, NASTY[:150], user_id="nasty", at=now, properties={NASTY[:80]: NASTY})
    drain(clock=VirtualClock(now))
    services.audit(
        shop=ShopId(made.pk),
        actor=NASTY[:190],
        action=NASTY[:50],
        target=NASTY[:190],
        detail={NASTY[:99]: NASTY},
    )
    with for_shop(ShopId(made.pk)) as cursor:
        cursor.execute(
            "INSERT INTO channels_message (shop_id, customer_id, idempotency_key, channel, purpose, status, reason, template_version_id, queued_at, due_at, subject) "
            "SELECT %s, id, 'x', 'email', 'marketing', 'failed', 'x', (SELECT max(id) FROM channels_templateversion WHERE shop_id = %s), now(), now(), %s "
            "FROM customers_customer WHERE shop_id = %s AND user_id = 'nasty'",
            [made.pk, made.pk, NASTY[:300], made.pk],
        )
    return Shop.objects.get(pk=made.pk)


def pages(shop: Shop) -> list[str]:
    known = things(ShopId(shop.pk))
    found = []
    for name, wanted in ADDRESSES.items():
        if name not in NO_PAGES and all(known.get(parameter) is not None for parameter in wanted):
            values = {parameter: known[parameter] for parameter in wanted}
            found.append(reverse(name, kwargs={"shop_slug": shop.slug, **values}))
    schema = reverse("data_schema_name", kwargs={"shop_slug": shop.slug})
    search = reverse("search", kwargs={"shop_slug": shop.slug})
    return [*found, f"{schema}?kind=1&name=Order+Completed", f"{search}?q=script", "/account/"]


def test_on_the_narrowest_phone(live_server: str, page: "Page", shop: Shop) -> None:
    member = shop.members.get()
    sign_in(page, live_server, services.issue_sign_in_link(member=member, now=real.now()))
    page.set_viewport_size({"width": 360, "height": 780})
    wrong: list[str] = []
    looked_at = 0
    for url in pages(shop):
        answer = page.request.get(f"{live_server}{url}", headers={"Accept": "text/html"})
        if answer.status == 405 or "text/html" not in answer.headers.get("content-type", ""):
            continue
        looked_at += 1
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            response = page.goto(f"{live_server}{url}")
            assert response is not None
            if response.status >= 400:
                wrong.append(f"{url}: {response.status}")
            if (width := page.evaluate("document.documentElement.scrollWidth")) > 360:
                wrong.append(f"{url}: {width} px wide: {page.evaluate(WIDEST)}")
            if (headings := page.locator("h1").count()) != 1:
                wrong.append(f"{url}: {headings} h1")
            if not page.evaluate("!!document.querySelector('main') && document.title.length > 5"):
                wrong.append(f"{url}: no main, or no title")
            wrong += [f"{url} {scheme}: {fault}" for fault in serious_faults(page)]
    assert looked_at > 25
    assert not wrong, "\n".join(wrong)
