"""What codes are called in the reader's language: countries and languages by CLDR, channels and purposes by us."""

from babel import Locale, UnknownLocaleError
from django.utils.translation import gettext_lazy

from vuelve.customers.contracts import IdentifierKind
from vuelve.platform.extension import Text
from vuelve.platform.ui import formats

CHANNELS: dict[str, Text] = {
    "email": gettext_lazy("E-mail"),
    "sms": gettext_lazy("SMS"),
    "whatsapp": gettext_lazy("WhatsApp"),
    "push": gettext_lazy("Push"),
    "rcs": gettext_lazy("RCS"),
}
PURPOSES: dict[str, Text] = {
    "transactional": gettext_lazy("Transactional"),
    "loyalty": gettext_lazy("Loyalty"),
    "survey": gettext_lazy("Survey"),
    "marketing": gettext_lazy("Marketing"),
}

KINDS: dict[int, Text] = {
    IdentifierKind.USER: gettext_lazy("User id"),
    IdentifierKind.EMAIL: gettext_lazy("E-mail"),
    IdentifierKind.PHONE: gettext_lazy("Phone"),
    IdentifierKind.ANONYMOUS: gettext_lazy("Device"),
}


def kind_name(kind: int | None) -> str:
    return str(KINDS.get(kind, "")) if kind else ""


def country_name(code: str | None) -> str:
    """`México` for MX; a code that CLDR does not know is shown as it is."""
    if not code:
        return ""
    return str(Locale.parse(formats.locale()).territories.get(code.upper(), code))


def language_name(tag: str | None) -> str:
    """`español (México)` for es-MX."""
    if not tag:
        return ""
    try:
        return str(Locale.parse(tag.replace("-", "_")).get_display_name(formats.locale()) or tag)
    except (UnknownLocaleError, ValueError):
        return tag


def channel_name(code: str) -> str:
    return str(CHANNELS.get(code, code))


def purpose_name(code: str) -> str:
    return str(PURPOSES.get(code, code))
