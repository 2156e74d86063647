"""What a developer's page shows of an event: JSON made readable, and what is covered for whom. Pure."""

import re
from typing import Any

import msgspec

EXAMPLE_CHARS_MAX = 60
SEARCHED_CHARS_MAX = 500  # of a value: what begins within the example ends within these
COVER = "•••"

_EMAIL = re.compile(r"([^@\s])[^@\s]*@([^@\s])[^@\s]*\.([^@\s.]+)")
_PHONE = re.compile(r"\+?\d[\d\s().-]{6,18}\d")
# Whose value is somebody's, whatever it looks like: traits as Segment, Shopify and Latin American stores call them.
_PERSONAL = re.compile(
    r"(^|_)(name|nombre|nome|apellidos?|sobrenome|lastname|firstname|surname|address|direcci[oó]n|endere[cç]o|street|"
    r"calle|rua|zip|postal|cep|birth\w*|nacimiento|nascimento|age|edad|idade|gender|sexo|e?mail|correo|phone\w*|mobile|"
    r"tel\w*|celular|whatsapp|ip|cpf|cnpj|rfc|curp|dni|nif|document\w*|passport|lat\w*|lon\w*|avatar|note|notes|message|"
    r"comment|comments)($|_)",
    re.IGNORECASE,
)
# A product's or a plan's name is nobody's.
_OF_THINGS = re.compile(
    r"(product|item|plan|campaign|coupon|brand|category|store|event|page|list|variant)_?name$", re.I
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def pretty(text: str) -> str:
    """JSON over several lines, its numbers and its order as they were sent; what cannot be read comes back as it is."""
    try:
        return _ESCAPE.sub(_plain, msgspec.json.format(text, indent=2))
    except (msgspec.DecodeError, RecursionError, ValueError):
        return text


# Some libraries escape every letter beyond ASCII; nobody can read that.
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})(\\u[dD][c-fC-F][0-9a-fA-F]{2})?|.)", re.DOTALL)


def _plain(escape: re.Match[str]) -> str:
    """A letter for its escape; control characters and quotes stay escaped. (Halves of characters are refused before.)"""
    if escape[1] is None:
        return escape[0]
    code, low = int(escape[1], 16), escape[2]
    if 0xD800 <= code < 0xDC00 and low:
        return chr(0x10000 + ((code - 0xD800) << 10) + int(low[2:], 16) - 0xDC00)
    return (chr(code) if code > 0x9F else f"\\u{escape[1]}") + (low or "")


def shape(text: str) -> str:
    """The same JSON with every value covered: keys, types and lengths stay, for those who may not read the values."""
    try:
        value = msgspec.json.decode(text)
        return msgspec.json.format(msgspec.json.encode(_covered(value)), indent=2).decode()
    except (msgspec.DecodeError, RecursionError, ValueError, UnicodeDecodeError):
        return COVER


def kind_of_error(error: str) -> str:
    """`ValueError` of `ValueError('...')`: what an error says may quote the event."""
    return error.partition("(")[0][:100]


def _covered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _covered(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_covered(inner) for inner in value]
    if isinstance(value, bool) or value is None:
        return value
    return f"{COVER} ({len(value)})" if isinstance(value, str) else COVER


def is_personal(property: str, *, is_of_thing: bool = False) -> bool:
    """Whether a property's name says that its value is somebody's; the `name` in an event about a thing is not."""
    if is_of_thing and property.lower() == "name":
        return False
    words = _HUMP.sub("_", property).replace("-", "_").replace(" ", "_")
    return bool(_PERSONAL.search(words)) and not _OF_THINGS.search(words)


def example(property: str, value: Any, *, is_of_thing: bool = False) -> str:
    """A value to show on a page that everybody of the shop may see: short, with addresses and numbers covered."""
    if isinstance(value, dict | list):
        return f"{{{len(value)}}}" if isinstance(value, dict) else f"[{len(value)}]"
    text = str(value) if isinstance(value, str) else msgspec.json.encode(value).decode()
    # Looking for addresses is quadratic: 11 s in 30 KB without an `@`, and no other thread runs meanwhile.
    text = text[:SEARCHED_CHARS_MAX]
    if is_personal(property, is_of_thing=is_of_thing):
        return COVER
    text = _EMAIL.sub(rf"\1{COVER}@\2{COVER}.\3", text)
    if isinstance(value, str) and not _DATE.match(text):
        text = _PHONE.sub(lambda found: f"{found[0][:3]}{COVER}{found[0][-2:]}", text)
    return text if len(text) <= EXAMPLE_CHARS_MAX else f"{text[: EXAMPLE_CHARS_MAX - 1]}…"


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
