"""Reads of customers for pages and for other packages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vuelve.customers.queries_search import country_word, narrow, words_of
from vuelve.customers.rules.consents import named_channel
from vuelve.customers.rules.texts import normal_email
from vuelve.customers.rules.traits import PREFERRED_CHANNEL
from vuelve.platform import limits
from vuelve.platform.db import Cursor, Statements, fetch_dicts, without
from vuelve.platform.errors import not_found
from vuelve.platform.extension import Identifiers
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.platform.phones import phone_e164
from vuelve.shops.search import fold

SQL = Statements(__file__)


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer in a list."""

    id: CustomerId
    name: str | None
    email: str | None
    phone: str | None
    user_id: str | None
    country: str | None
    locale: str | None
    first_seen_at: datetime
    last_seen_at: datetime

    @property
    def title(self) -> str:
        """What to call the customer by: the best that is known; '' for somebody anonymous."""
        return self.name or self.email or self.phone or self.user_id or ""


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    occurred_at: datetime
    seq: int
    name: str
    kind: int
    origin: int
    historical: bool
    source: str
    properties: Mapping[str, Any]


def list_customers(
    cursor: Cursor,
    shop: ShopId,
    *,
    search: str = "",
    country: str = "",
    after: tuple[datetime, int] | None = None,
    rows: int = limits.PAGE_ROWS + 1,
) -> list[CustomerRow]:
    """`search` is what was typed: beginnings of words of a name or an e-mail address, the end of a
    phone number, or a user id.
    """
    words = words_of(fold(search))
    wanted = [*words, country_word(country)] if country else words
    parameters: dict[str, Any] = {
        "shop": shop,
        "after_at": after[0] if after else None,
        "after_id": after[1] if after else None,
        "rows": rows,
    }
    found = narrow(cursor, shop, wanted) if wanted else None
    if found is None:
        parameters |= {"words": words or None, "country": country or None}
        cursor.execute(SQL["list_customers"], parameters)
    else:
        known = cursor.execute(
            "SELECT customer_id FROM customers_identifier WHERE shop_id = %s AND kind = 1 AND value = %s",
            [shop, search],
        ).fetchall()
        ids = {*found, *(CustomerId(row[0]) for row in known if not country)}
        cursor.execute(SQL["list_found"], parameters | {"ids": list(ids)})
    return [CustomerRow(**row) for row in fetch_dicts(cursor)]


def countries(cursor: Cursor, shop: ShopId) -> list[str]:
    return [row[0] for row in cursor.execute(SQL["customer_countries"], {"shop": shop}).fetchall()]


def canonical_id(cursor: Cursor, shop: ShopId, customer: CustomerId) -> CustomerId:
    """Whom the id counts for: itself, or the customer that it was merged into."""
    row = cursor.execute(
        "SELECT canonical_id FROM customers_alias WHERE shop_id = %s AND customer_id = %s", [shop, customer]
    ).fetchone()
    return CustomerId(row[0]) if row else customer


def canonical_ids(
    cursor: Cursor, shop: ShopId, customers: Sequence[CustomerId]
) -> dict[CustomerId, CustomerId]:
    """For whom each of them counts: itself, or the one that it was merged into."""
    rows = cursor.execute(
        "SELECT customer_id, canonical_id FROM customers_alias WHERE shop_id = %s AND customer_id = ANY (%s)",
        [shop, list(customers)],
    ).fetchall()
    return {one: one for one in customers} | {CustomerId(one): CustomerId(into) for one, into in rows}


def ids_of(cursor: Cursor, shop: ShopId, customer: CustomerId) -> list[CustomerId]:
    """The customer's id and those that were merged into it: rows may stand under any of them."""
    rows = cursor.execute(
        "SELECT customer_id FROM customers_alias WHERE shop_id = %s AND canonical_id = %s", [shop, customer]
    ).fetchall()
    return [customer, *(CustomerId(row[0]) for row in rows)]


def customer_row(cursor: Cursor, shop: ShopId, customer: CustomerId) -> CustomerRow:
    """Raises VuelveError `not_found`."""
    cursor.execute(
        "SELECT id, name, email, phone, user_id, country, locale, first_seen_at, last_seen_at "
        "FROM customers_customer WHERE shop_id = %s AND id = %s",
        [shop, customer],
    )
    found = fetch_dicts(cursor)
    if not found:
        raise not_found("customer")
    return CustomerRow(**found[0])


def titles_of(cursor: Cursor, shop: ShopId, customers: Sequence[CustomerId]) -> dict[CustomerId, str]:
    """What to call each customer by, under the id that was asked; for lists of other packages."""
    rows = cursor.execute(SQL["titles"], {"shop": shop, "ids": list(customers)}).fetchall()
    return {CustomerId(row[0]): row[1] for row in rows}


def traits_of(cursor: Cursor, shop: ShopId, customer: CustomerId) -> list[dict[str, Any]]:
    """Every trait with its value as text, when it was set and by which source."""
    cursor.execute(
        "SELECT name, coalesce(text_value, trim_scale(number_value)::text, boolean_value::text, time_value::text) AS value, "
        "set_at, source FROM customers_trait WHERE shop_id = %s AND customer_id = %s ORDER BY name",
        [shop, customer],
    )
    return fetch_dicts(cursor)


def preferred_channel(cursor: Cursor, shop: ShopId, customer: CustomerId) -> str | None:
    """The channel that the customer prefers, as an identify call or an import stated it; None if nobody did."""
    row = cursor.execute(
        "SELECT text_value FROM customers_trait WHERE shop_id = %s AND customer_id = %s AND name = %s",
        [shop, customer, PREFERRED_CHANNEL],
    ).fetchone()
    return named_channel(row[0]) if row and row[0] else None


def consents_of(cursor: Cursor, shop: ShopId, customer: CustomerId) -> list[dict[str, Any]]:
    cursor.execute(
        "SELECT channel, purpose, is_granted, decided_at, source, wording FROM customers_consent "
        "WHERE shop_id = %s AND customer_id = %s ORDER BY channel, purpose",
        [shop, customer],
    )
    return fetch_dicts(cursor)


def timeline(
    cursor: Cursor,
    shop: ShopId,
    customer: CustomerId,
    *,
    after: tuple[datetime, int] | None = None,
    rows: int = limits.PAGE_ROWS + 1,
) -> list[TimelineEvent]:
    parameters = {
        "shop": shop,
        "ids": ids_of(cursor, shop, customer),
        "after_at": after[0] if after else None,
        "after_seq": after[1] if after else None,
        "rows": rows,
    }
    # Of a customer with 20,000 events the planner expects five, and would sort them all.
    with without(cursor, "sort"):
        cursor.execute(SQL["timeline"], parameters)
        found = fetch_dicts(cursor)
    return [TimelineEvent(**row) for row in found]


def count_known(cursor: Cursor, shop: ShopId, asked: Identifiers) -> int:
    """How many of these are a customer's already."""
    given = {
        "shop": shop,
        "user_ids": list(asked.user_ids),
        "emails": list(asked.emails),
        "phones": list(asked.phones),
    }
    row = cursor.execute(SQL["count_known"], given).fetchone()
    return int(row[0]) if row else 0


def find_customers(cursor: Cursor, shop: ShopId, texts: Sequence[str]) -> dict[str, CustomerId]:
    """Whom these user ids, e-mails or phones are, by the id that counts now; what is nobody's is left out."""
    given = {
        "shop": shop,
        "texts": [text.replace("\x00", "") for text in texts],
        "emails": [normal_email(text) if "@" in text else None for text in texts],
        "phones": [phone_e164(text, "ZZ") if text.startswith("+") else None for text in texts],
    }
    rows = cursor.execute(SQL["find_by_texts"], given).fetchall()
    return {texts[ordinal - 1]: CustomerId(customer) for ordinal, customer in rows}
