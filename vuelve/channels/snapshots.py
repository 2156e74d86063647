"""What a batch of messages is rendered with: each object that a template reads, loaded once for all messages.

Only what a template names is kept, by its properties: the snapshot is stored with the message.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog
from django.db import transaction

from vuelve.channels import links, rules
from vuelve.channels.liquid import UNSUBSCRIBE_URL, objects
from vuelve.channels.rendering import FORMAT_KEY, Content, Version
from vuelve.platform.db import Cursor
from vuelve.platform.extension import MessageSubject
from vuelve.platform.ids import CustomerId, MessageId
from vuelve.shops.contracts import ShopFacts

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that has passed the gates, as `sql/fetch_passed.sql` gives it."""

    shop_id: int
    customer_id: int  # as in the row: part of its key
    id: int
    owner_id: int  # who that customer is now
    idempotency_key: str
    channel: str
    purpose: str
    template_version_id: int
    event_xid: int | None
    event_seq: int | None
    data: dict[str, Any]
    attempts: int
    address: str
    locale: str | None
    country: str | None
    time_zone: str


_DATA = Claimed.__match_args__.index("data")


def claimed(row: Sequence[Any]) -> Claimed:
    """A row of `sql/fetch_passed.sql`; Django leaves JSON to the caller."""
    values = list(row)
    values[_DATA] = msgspec.json.decode(values[_DATA])
    return Claimed(*values)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message with its language and its data; `problem` says why it has none, `may_pass` that a later try may work."""

    message: Claimed
    version: Version | None
    locale: str
    data: Mapping[str, Any]
    unsubscribe_url: str
    problem: str = ""
    may_pass: bool = False


def prepare(
    cursor: Cursor, shop: ShopFacts, messages: Sequence[Claimed], versions: Mapping[int, Version]
) -> list[Prepared]:
    """Data for the messages of one shop: a fixed number of queries an object, however many messages."""
    drafts = [_draft(shop, message, versions.get(message.template_version_id)) for message in messages]
    readers: dict[str, list[_Draft]] = defaultdict(list)
    for draft in drafts:
        for name in draft.content.needs if draft.content else ():
            readers[name].append(draft)
    known = objects()
    for name in sorted(readers.keys() & known.keys()):
        _load(cursor, shop, name, readers[name])
    return [draft.finished(shop) for draft in drafts]


@dataclass(slots=True)
class _Draft:
    message: Claimed
    version: Version | None
    content: Content | None
    locale: str
    data: dict[str, Any]
    problem: str = ""
    may_pass: bool = False

    def finished(self, shop: ShopFacts) -> Prepared:
        url = _unsubscribe_url(shop, self.message)
        if self.content is not None:
            if UNSUBSCRIBE_URL in self.content.needs:
                self.data[UNSUBSCRIBE_URL] = url
            if self.content.needs_formatting:
                self.data[FORMAT_KEY] = {"time_zone": self.message.time_zone, "currency": shop.currency}
        return Prepared(self.message, self.version, self.locale, self.data, url, self.problem, self.may_pass)


def _unsubscribe_url(shop: ShopFacts, message: Claimed) -> str:
    link = links.UnsubscribeLink(
        shop=shop.id,
        customer=CustomerId(message.owner_id),
        message=MessageId(message.id),
        channel=message.channel,
        purpose=message.purpose,
    )
    return links.unsubscribe_url(link, shop.signing_key)


def _draft(shop: ShopFacts, message: Claimed, version: Version | None) -> _Draft:
    # A copy: what earlier steps made (a coupon) stays, even if this template does not show it.
    data = dict(message.data)
    if version is None:
        return _Draft(message, None, None, "", data, "the template's version is gone")
    locale = rules.choose_locale(
        version.locales,
        customer_locale=message.locale,
        customer_country=message.country,
        shop_locale=shop.locale,
        shop_country=shop.country,
    )
    try:
        content = version.content(locale)
    except Exception as error:
        # Published and checked, and yet: a filter that a later release has left out.
        return _Draft(message, version, None, locale, data, f"the template cannot be read: {error}")
    return _Draft(message, version, content, locale, data)


def _load(cursor: Cursor, shop: ShopFacts, name: str, drafts: Sequence[_Draft]) -> None:
    subjects = [
        MessageSubject(
            message_id=MessageId(draft.message.id),
            customer_id=CustomerId(draft.message.owner_id),
            event_xid=draft.message.event_xid,
            event_seq=draft.message.event_seq,
            data=draft.message.data,
            locale=draft.locale,
        )
        for draft in drafts
    ]
    try:
        with transaction.atomic():  # a savepoint: another package's failure must not undo the claim
            values = objects()[name].load(cursor, shop.id, subjects)
    except Exception as error:
        log.exception("object not loaded", object=name, shop=shop.slug, messages=len(subjects))
        for draft in drafts:
            draft.problem = draft.problem or f"`{name}` could not be loaded: {type(error).__name__}"
            draft.may_pass = True
        return
    for draft in drafts:
        value = values.get(MessageId(draft.message.id))
        draft.data.pop(name, None)  # of an earlier try
        if value is not None:
            assert draft.content is not None
            draft.data[name] = _pruned(value, draft.content.needs[name])


def _pruned(value: Any, properties: frozenset[str] | None) -> Any:
    if properties is None or not isinstance(value, Mapping):
        return value
    return {key: value[key] for key in properties if key in value}
