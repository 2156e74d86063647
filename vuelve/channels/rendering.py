"""From a published version, a locale and data to what the reader sees: one pure function for sending and for preview.

`data` is the message's own snapshot of all that the template was given; it is stored with the message, so that the
preview of a year-old message shows what was sent, whatever has become of the customer, the order or the shop.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import msgspec
from liquid.exceptions import LiquidError

from vuelve.channels import rules
from vuelve.channels.contracts import MessageAborted, Rendered, RenderFailed
from vuelve.channels.templating.environment import AbortMessage, Formatting
from vuelve.channels.templating.parsing import Parsed, merge_needs, parse_compiled
from vuelve.platform import limits
from vuelve.platform.db import Cursor, for_shop
from vuelve.platform.errors import not_found
from vuelve.platform.ids import MessageId, ShopId

# The part of the data that filters use: {"time_zone": ..., "currency": ...}.
FORMAT_KEY = "_format"
_FORMATTING_FILTERS = {"money", "money_major", "date"}

SUBJECT_CHARS_MAX = 500
VERSIONS_CACHED_MAX = 300


@dataclass(frozen=True, slots=True)
class Content:
    """One locale of a version, parsed."""

    subject: Parsed
    html: Parsed | None
    text: Parsed | None
    needs: Mapping[str, frozenset[str] | None]  # what its parts read, by object
    needs_formatting: bool


class Version:
    """A published version; its contents are parsed when they are first used."""

    def __init__(
        self,
        *,
        version_id: int,
        contents: Mapping[str, Mapping[str, str]],
        compiled: Mapping[str, str],
    ) -> None:
        self.id = version_id
        self.locales = tuple(sorted(contents))
        self._sources = contents
        self._compiled = compiled
        self._parsed: dict[str, Content] = {}

    def content(self, locale: str) -> Content:
        """The content for a reader of `locale`, by the fallback of `rules.choose_content`."""
        name = rules.choose_content(self.locales, locale)
        if name not in self._parsed:
            self._parsed[name] = self._parse(name)
        return self._parsed[name]

    def _parse(self, name: str) -> Content:
        source = self._sources[name]
        subject = parse_compiled(source.get("subject", ""), html=False, field="subject")
        html = (
            parse_compiled(self._compiled[name], html=True, field="html") if name in self._compiled else None
        )
        text = parse_compiled(source["text"], html=False, field="text") if source.get("text") else None
        parts = [part for part in (subject, html, text) if part is not None]
        used = frozenset().union(*(part.filters for part in parts))
        return Content(
            subject=subject,
            html=html,
            text=text,
            needs=merge_needs(*(part.needs for part in parts)),
            needs_formatting=bool(used & _FORMATTING_FILTERS),
        )


def render(version: Version, *, locale: str, data: Mapping[str, Any]) -> Rendered:
    """Deterministic in its arguments. Raises RenderFailed or MessageAborted; nothing else, whatever the template does."""
    settings = data.get(FORMAT_KEY) or {}
    formatting = Formatting(
        locale=locale,
        time_zone=settings.get("time_zone") or "UTC",
        currency=settings.get("currency") or "",
    )
    # A stored snapshot comes back with its keys in another order, and loops over objects would show it.
    given = msgspec.json.decode(msgspec.json.encode(data, order="sorted"))
    try:
        content = version.content(locale)
        subject = rules.one_line(content.subject.template.render_for(given, formatting))[:SUBJECT_CHARS_MAX]
        html = content.html.template.render_for(given, formatting) if content.html else ""
        text = content.text.template.render_for(given, formatting) if content.text else ""
    except AbortMessage as abort:
        raise MessageAborted(str(abort)) from abort
    except LiquidError as error:
        raise RenderFailed(_told(error)) from error
    except Exception as error:
        # Values of a wrong kind reach Python's own errors through filters (overflow, recursion, decimal, ...).
        raise RenderFailed(f"{type(error).__name__}: {error}") from error
    if not subject:
        raise RenderFailed("the subject is empty")
    if len(html.encode()) > limits.RENDER_OUTPUT_BYTES_MAX:
        raise RenderFailed("the output is too large")
    return Rendered(subject=subject, html=html, text=text)


def _told(error: LiquidError) -> str:
    place = error.context()
    return f"{error.message} (line {place[0]})" if place else str(error.message)


def render_message(*, shop: ShopId, message: MessageId) -> Rendered:
    """A stored message as its reader saw it; raises VuelveError `not_found`, or as `render`.

    A message that waits or was withheld was never rendered: it shows with what is known now, which may be little.
    """
    with for_shop(shop) as cursor:
        row = cursor.execute(
            "SELECT template_version_id, locale, data FROM channels_message WHERE shop_id = %s AND id = %s",
            [shop, message],
        ).fetchone()
        if row is None:
            raise not_found("message")
        version = load_versions(cursor, [row[0]]).get(row[0])
    if version is None:
        raise not_found("template version")
    return render(version, locale=row[1] or version.locales[0], data=msgspec.json.decode(row[2]))


_versions: "OrderedDict[int, Version]" = OrderedDict()
_versions_lock = Lock()


def load_versions(cursor: Cursor, ids: Iterable[int]) -> dict[int, Version]:
    """Published versions by id; those of shops out of sight are left out. They never change, so they are kept."""
    wanted = set(ids)
    with _versions_lock:
        found = {pk: _versions[pk] for pk in wanted if pk in _versions}
    if missing := wanted - found.keys():
        cursor.execute(
            "SELECT id, contents, compiled FROM channels_templateversion WHERE id = ANY(%s)", [list(missing)]
        )
        loaded = {
            row[0]: Version(
                version_id=row[0],
                contents=msgspec.json.decode(row[1]),  # Django leaves JSON to the caller
                compiled=msgspec.json.decode(row[2]),
            )
            for row in cursor.fetchall()
        }
        found |= loaded
        with _versions_lock:
            _versions.update(loaded)
            while len(_versions) > VERSIONS_CACHED_MAX:
                _versions.popitem(last=False)
    return found
