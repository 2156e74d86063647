"""Finding customers among a million: by words of their names, addresses, phones, and by country (`customers_word`)."""

import re
from collections.abc import Sequence

from vuelve.platform.db import Cursor, Statements
from vuelve.platform.ids import CustomerId, ShopId

SQL = Statements(__file__)

WORDS_MAX = 5
WORD_CHARS_MAX = 40
# A word that fewer have is looked up by itself; one that more have is met soon when reading from those seen last on.
RARE_ENTRIES = 2_000
# Of several words the rarest may have so many: each is looked up for the others.
COUNTED_ENTRIES = 20_000

# As `customers_words` cuts in the database: of an address the part before the @, and the domain's name unless half the
# world has it.
_PROVIDERS = [
    "gmail",
    "googlemail",
    "hotmail",
    "outlook",
    "live",
    "msn",
    "yahoo",
    "icloud",
    "me",
    "aol",
    "proton",
    "protonmail",
]
_DOMAIN = re.compile(r"@([^ .]*)[^ ]*")
_BETWEEN = re.compile(r"""[\s.,;:@_+/"'()&#!?*=<>|~-]+""")
_PHONE = re.compile(r"[\d\s()+./-]+")
PHONE_DIGITS_MIN = 4


def words_of(folded: str) -> list[str]:
    """Of what was typed (lower case, no accents): the words to look up; digits are the end of a phone number."""
    digits = re.sub(r"\D", "", folded)
    if len(digits) >= PHONE_DIGITS_MIN and _PHONE.fullmatch(folded):
        return ["p:" + digits.lstrip("0")[::-1]]
    without = _DOMAIN.sub(lambda found: " " if _is_provider(found[1]) else f" {found[1]}", folded)
    return [word[:WORD_CHARS_MAX] for word in _BETWEEN.split(without) if word][:WORDS_MAX]


def _is_provider(name: str) -> bool:
    """Or the beginning of one: an address is typed letter by letter."""
    return any(provider.startswith(name) for provider in _PROVIDERS)


def country_word(country: str) -> str:
    return f"c:{country.lower()}"


def narrow(cursor: Cursor, shop: ShopId, words: Sequence[str]) -> list[CustomerId] | None:
    """The customers who have words that begin like all of these; None if there are too many to name.

    Then one in 500 of a million has them, and reading along those seen last fills a page soon.
    """
    rows = cursor.execute(
        SQL["count_words"], {"shop": shop, "words": list(words), "cap": COUNTED_ENTRIES}
    ).fetchall()
    rarest, entries = min(rows, key=lambda row: row[1])
    is_phone = rarest.startswith("p:")  # in no text that could be read along
    if not is_phone and entries >= (RARE_ENTRIES if len(words) == 1 else COUNTED_ENTRIES):
        return None
    others = [word for word in words if word != rarest]
    found = cursor.execute(
        SQL["find_words"], {"shop": shop, "word": rarest, "others": others, "cap": COUNTED_ENTRIES}
    ).fetchall()
    return [CustomerId(row[0]) for row in found]
