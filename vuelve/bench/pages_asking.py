"""A member with a browser, for the benchmark of pages: which addresses there are, and how long each takes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.platform.ui.paging import PARAMETER, token
from vuelve.shops.models import Member

_FORM = re.compile(r'<form[^>]*method="get".*?</form>', re.DOTALL)
_SELECT = re.compile(r'<select name="(\w+)".*?</select>', re.DOTALL)
_OPTION = re.compile(r'<option value="([^"]+)"')
_NEXT = re.compile(r'href="([^"]+)"[^>]*rel="next"')
OPTIONS_MAX = 12
PAGES_ON = 2  # how many pages one goes on from the first

# Filters that no select offers, and pages far down.
ALSO: Mapping[str, Sequence[Mapping[str, str]]] = {
    "customers": [{"q": "jose"}, {"q": "quinones zuniga"}, {"q": "zzyzx"}, {"q": "5512"}, {"country": "CL"}, {"q": "ana", "country": "CL"}],
    "orders": [{"q": "100234"}],
    "overview": [{"days": "7"}, {"days": "90"}, {"days": "365"}],
    "search": [{"q": "jose perez"}],
    "audit": [{"q": "customer 999"}, {"q": "nobody"}],
}  # fmt: skip
# Pages that are nothing without a query.
ONLY_WITH: Mapping[str, Sequence[Mapping[str, str]]] = {
    "data_schema_name": [{"kind": "1", "name": "Order Completed"}, {"kind": "1", "name": "Page Viewed"}],
}
# They hand out files, and whole tables are another benchmark's work.
NOT_ASKED = frozenset({"export_download", "import_rejects"})


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    ms: float
    text: str


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of all does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Visitor:
    def __init__(self, member: Member, slug: str) -> None:
        self.slug = slug
        self._client = Client(HTTP_HOST="localhost")
        self._client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
        self._slow: dict[str, float] = {}

    def address(self, name: str, **query: str) -> str:
        return f"{reverse(name, kwargs={'shop_slug': self.slug})}?{urlencode(query)}"

    def ask(self, url: str, *, is_part: bool = False) -> Answer:
        """`is_part`: as htmx asks."""
        began = monotonic_seconds()
        response = self._client.get(url, headers={"HX-Request": "true"} if is_part else {})
        text = "" if response.streaming else response.content.decode()
        ms = (monotonic_seconds() - began) * 1000
        self._slow[url] = min(ms, self._slow.get(url, ms))
        return Answer(response.status_code, ms, text)

    def slowest(self, number: int) -> list[tuple[str, float]]:
        """Addresses with the quickest of their answers: what is slow each time."""
        ordered = sorted(self._slow.items(), key=lambda pair: -pair[1])
        return [(url, round(ms, 1)) for url, ms in ordered[:number]]

    def variants(self, url: str) -> list[str]:
        """The address, each choice that its page offers, and the pages that follow."""
        answer = self.ask(url)
        found = [url]
        if answer.status != 200 or "?" in url:
            return found
        for form in _FORM.findall(answer.text):
            for select in _SELECT.finditer(form):
                values = [unescape(value) for value in _OPTION.findall(select[0])][:OPTIONS_MAX]
                found += [f"{url}?{urlencode({select[1]: value})}" for value in values]
        for _n in range(PAGES_ON):
            match = _NEXT.search(answer.text)
            if match is None:
                break
            found.append(unescape(match[1]))
            answer = self.ask(found[-1])
        return found


def addresses(shop: ShopId, slug: str, customers: int) -> dict[str, list[str]]:
    """All pages below /s/<shop>/ by name, each with things that are there: few, many, far down."""
    things = _things(shop, customers)
    found: dict[str, list[str]] = {}
    for name, wanted in _named().items():
        if name in NOT_ASKED or any(parameter not in things for parameter in wanted):
            continue
        values = [things[parameter] for parameter in wanted]
        choices = [dict(zip(wanted, each, strict=True)) for each in zip(*values, strict=False)] or [{}]
        urls = [reverse(name, kwargs={"shop_slug": slug, **choice}) for choice in choices]
        if name in ONLY_WITH:
            urls = []
        urls += [
            f"{reverse(name, kwargs={'shop_slug': slug})}?{urlencode(query)}"
            for query in ONLY_WITH.get(name, ())
        ]
        urls += [f"{urls[0]}?{urlencode(query)}" for query in ALSO.get(name, ())]
        if name in things:
            urls += [f"{urls[0]}?{urlencode({PARAMETER: value})}" for value in things[name]]
        found[name] = urls
    return found


def _named() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}

    def walk(patterns: Sequence[URLPattern | URLResolver]) -> None:
        for one in patterns:
            if isinstance(one, URLResolver):
                walk(one.url_patterns)
            elif "shop_slug" in one.pattern.converters and one.name:
                found[one.name] = [name for name in one.pattern.converters if name != "shop_slug"]

    walk(get_resolver().url_patterns)
    return found


def _things(shop: ShopId, customers: int) -> dict[str, list[Any]]:
    """What stands in addresses: by parameter; and by page the keys of pages far down."""
    with for_shop(shop) as cursor:

        def column(query: str) -> list[Any]:
            return [row[0] for row in cursor.execute(query, [shop]).fetchall()]

        def key(query: str) -> list[str]:
            return [token(tuple(row)) for row in cursor.execute(query, [shop]).fetchall()]

        newest = "FROM events_event WHERE shop_id = %s ORDER BY xid DESC, seq DESC LIMIT 2"
        return {
            "customer_id": [1, customers // 2, customers],
            "order_id": [
                "o-1",
                "o-2",
                *column("SELECT max(order_id) FROM commerce_order WHERE shop_id = %s"),
            ],
            "message_id": column(
                "SELECT id FROM channels_message WHERE shop_id = %s ORDER BY id DESC LIMIT 2"
            ),
            "key": column("SELECT key FROM journeys_journey WHERE shop_id = %s ORDER BY id"),
            "xid": column(f"SELECT xid {newest}"),
            "seq": column(f"SELECT seq {newest}"),
            "customers": key(
                "SELECT last_seen_at, id FROM customers_customer WHERE shop_id = %s ORDER BY last_seen_at OFFSET 5000 LIMIT 1"
            ),
            "orders": key(
                "SELECT ordered_at, order_id FROM commerce_order WHERE shop_id = %s ORDER BY ordered_at OFFSET 5000 LIMIT 1"
            ),
            "messages": key("SELECT min(id) + 1000 FROM channels_message WHERE shop_id = %s"),
        }
