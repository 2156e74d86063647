"""One spelling for texts that are compared, and for e-mail addresses, countries and languages."""

import re
import unicodedata
from functools import cache

from babel import Locale

EMAIL_CHARS_MAX = 254  # RFC 5321's path, without its brackets
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+")
_LOCALE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z]{4})?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?(?:[.@].*)?")
# What people write and the Unicode tables, which know the names in full, do not hold.
_COUNTRY_NICKNAMES = {"usa": "US", "eeuu": "US", "ee.uu.": "US", "ee. uu.": "US", "eua": "US", "uk": "GB"}


def text_key(text: str) -> str:
    """A text as it is compared and searched: lower case, no accents, no space around it."""
    if text.isascii():
        return text.lower().strip()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).strip()


def clean_text(text: str, chars_max: int) -> str:
    """What PostgreSQL can hold of a text: no NUL, no half of a surrogate pair, at most so many characters."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("\x00", "")[:chars_max]


def normal_email(text: str) -> str | None:
    """The address in lower case, or None if it cannot be one."""
    address = text.strip().lower()
    return address if len(address) <= EMAIL_CHARS_MAX and _EMAIL.fullmatch(address) else None


def country_code(text: str) -> str | None:
    """ISO 3166-1 alpha-2 of a code or a name in Spanish, Portuguese or English."""
    text = text.strip()
    if text in _country_codes():
        return text
    if len(text) == 2 and text.upper() in _country_codes():
        return text.upper()
    return _country_names().get(text_key(text)) if len(text) <= 80 else None


@cache
def _country_codes() -> frozenset[str]:
    return frozenset(_country_names().values())


@cache
def _country_names() -> dict[str, str]:
    names = {
        text_key(name): code
        for language in ("en", "pt", "es")
        for code, name in Locale(language).territories.items()
        # ISO leaves AA, QM to QZ, XA to XZ, ZZ to users; Unicode puts regions and the unknown there. EU and UN are none.
        if len(code) == 2 and code.isalpha() and code[0] != "X" and code not in {"EU", "EZ", "UN", "QO", "ZZ"}
    }
    return names | _COUNTRY_NICKNAMES


def locale_tag(text: str) -> str | None:
    """A language with or without its country: es, es-MX, pt-BR."""
    match = _LOCALE.fullmatch(text.strip())
    if match is None:
        return None
    language, region = match[1].lower(), match[2]
    return f"{language}-{region.upper()}" if region else language
