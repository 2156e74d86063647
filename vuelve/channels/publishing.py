"""The checks a template passes before it is published, and what is kept of it."""

import re
from collections.abc import Mapping

from liquid.exceptions import LiquidError, ResourceLimitError

from vuelve.channels.liquid import known_names
from vuelve.channels.templating.environment import AbortMessage, Formatting, WorkLimitError
from vuelve.channels.templating.filters import SizeLimitError
from vuelve.channels.templating.mjml import compile_mjml
from vuelve.channels.templating.parsing import Parsed, check_objects, parse, parse_compiled
from vuelve.platform.errors import VuelveError

LOCALES_MAX = 20
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
# An e-mail's parts; a channel that comes later brings its own.
_PARTS = ("subject", "mjml", "text")
_NOTHING = Formatting(locale="en", time_zone="UTC", currency="USD")
_LIMITS = (ResourceLimitError, WorkLimitError, SizeLimitError)


def check_contents(contents: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """HTML that still holds its Liquid, by locale; raises VuelveError with the field at fault, e.g. contents.es.subject."""
    if not contents:
        raise VuelveError("template_empty", "A template needs at least one locale.", field="contents")
    if len(contents) > LOCALES_MAX:
        raise VuelveError("template_too_large", f"More than {LOCALES_MAX} locales.", field="contents")
    known = known_names()
    return {locale: _check_locale(locale, parts, known) for locale, parts in contents.items()}


def _check_locale(locale: str, parts: Mapping[str, str], known: frozenset[str]) -> str:
    field = f"contents.{locale}"
    if not _LOCALE.fullmatch(locale):
        raise VuelveError(
            "template_locale",
            f"`{locale}` is no locale.",
            field=field,
            hint="A language and perhaps a region: es, pt-BR.",
        )
    for name, source in parts.items():
        if name not in _PARTS:
            raise VuelveError("template_part", f"An e-mail has no `{name}`.", field=f"{field}.{name}")
        if not isinstance(source, str):
            raise VuelveError("template_part", f"`{name}` must be a text.", field=f"{field}.{name}")
    if not parts.get("subject", "").strip():
        raise VuelveError("template_subject", "A subject is missing.", field=f"{field}.subject")
    if not parts.get("mjml", "").strip():
        raise VuelveError("template_mjml", "The message's MJML is missing.", field=f"{field}.mjml")
    for name in ("subject", "text"):
        source = parts.get(name, "")
        _check_part(parse(source, html=False, field=f"{field}.{name}"), source, known, f"{field}.{name}")
    return _check_mjml(locale, parts["mjml"], known, f"{field}.mjml")


def _check_mjml(locale: str, source: str, known: frozenset[str], field: str) -> str:
    _check_part(parse(source, html=True, field=field), source, known, field)
    html = compile_mjml(source, locale=locale, field=field)
    parse_compiled(html, html=True, field=field)
    return html


def _check_part(parsed: Parsed, source: str, known: frozenset[str], field: str) -> None:
    check_objects(parsed, known, field=field, source=source)
    # Rendered once with nothing at all: what breaks a limit then would break it for everyone.
    try:
        parsed.template.render_for({}, _NOTHING)
    except _LIMITS as error:
        place = error.context()
        where = f"Line {place[0]}: " if place else ""
        raise VuelveError(
            "template_limit",
            f"{where}{error.message}.",
            field=field,
            details={"line": place[0]} if place else None,
        ) from error
    except (LiquidError, AbortMessage):
        pass  # it needs what it will be given
    except Exception as error:
        raise VuelveError(
            "template_limit", f"Cannot be rendered: {type(error).__name__}.", field=field
        ) from error
