"""Nothing of a page is left in English where it is read in another language."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from vuelve.config import i18n
from vuelve.platform.clock import real
from vuelve.shops import services
from vuelve.shops.models import Shop
from vuelve.shops.tests.people import browser_of, make_member

PAGES = ("", "?days=365", "search?q=zzz", "ui", "customers/", "journeys/", "messages/")
READ_ATTRIBUTES = {"aria-label", "title", "placeholder", "alt", "data-copied", "data-failure"}


class Texts(HTMLParser):
    """What a person reads or hears of a page, one piece a node."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread += tag in {"script", "style", "code"}
        self.pieces += [value for name, value in attrs if name in READ_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in {"script", "style", "code"}

    def handle_data(self, data: str) -> None:
        if not self._unread and data.strip():
            self.pieces.append(" ".join(data.split()))


def texts(html: str) -> set[str]:
    parser = Texts()
    parser.feed(html)
    return set(parser.pieces)


def english(language: str) -> dict[str, re.Pattern[str]]:
    """Every source text that reads otherwise in the language, as a pattern of the whole piece."""
    patterns = {}
    for package in i18n.packages():
        for message in i18n._messages(i18n.load(package, language)):
            ids = message.id if isinstance(message.id, list | tuple) else (message.id,)
            for source, translated in zip(ids, i18n._strings(message), strict=False):
                if source != translated and len(re.sub(i18n._PLACEHOLDER, "", source)) > 3:
                    parts = map(re.escape, re.split(i18n._PLACEHOLDER, source.replace("%%", "%")))
                    patterns[source] = re.compile(".*".join(parts))
    return patterns


def translations(language: str) -> set[str]:
    """What a piece may be although it is also a source text: `Email` of one package is `E-mail` of another."""
    return {
        text
        for package in i18n.packages()
        for message in i18n._messages(i18n.load(package, language))
        for text in i18n._strings(message)
    }


def left_over(html: str, language: str) -> list[str]:
    allowed = translations(language) | {"English"}  # the menu names each language in its own words
    patterns = english(language).values()
    return [piece for piece in texts(html) - allowed if any(pattern.fullmatch(piece) for pattern in patterns)]


def test_the_search_for_left_overs_finds_some(shop: Shop) -> None:
    page = browser_of(make_member(shop, locale="en")).get(f"/s/{shop.slug}/ui").content.decode()
    found = left_over(page, "es")
    assert {"Skip to content", "No segments yet", "Everyone who was ever seen."} <= set(found)


@pytest.mark.parametrize("locale", ["es", "pt-br"])
def test_pages_of_a_shop(shop: Shop, locale: str) -> None:
    client = browser_of(make_member(shop, locale=locale))
    catalogue = {"es": "es", "pt-br": "pt_BR"}[locale]
    for page in PAGES:
        response = client.get(f"/s/{shop.slug}/{page}")
        assert response.status_code == 200, page
        assert left_over(response.content.decode(), catalogue) == [], page


@pytest.mark.parametrize("language", ["es", "pt-br"])
def test_pages_before_sign_in_and_errors(shop: Shop, language: str) -> None:
    member = make_member(shop, locale=language)
    used = services.issue_sign_in_link(member=member, now=real.now() - timedelta(days=9))
    client = browser_of(language=language)
    answers = [
        client.get("/sign-in"),
        client.post("/sign-in", {"email": "x", "password": ""}),
        client.post("/sign-in", {"email": "x@example.com", "password": "x"}),
        client.get(f"/sign-in/{used}"),
        client.get("/no/such/page"),
        browser_of(member).get("/s/no-such-shop/"),
    ]
    for answer in answers:
        assert left_over(answer.content.decode(), {"es": "es", "pt-br": "pt_BR"}[language]) == []
