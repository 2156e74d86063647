"""The journeys that every shop begins with: data in this folder, in three languages.

`<journey>/journey.json` holds names, templates and the graph; `<journey>/<template>/<locale>.*` what is said;
`frame/` what all messages share. `[[name]]` stands for a part of the frame, or for a parameter of the installation.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from html import escape
from pathlib import Path
from typing import Any

from vuelve.platform.errors import VuelveError
from vuelve.shops.contracts import ShopFacts

FOLDER = Path(__file__).parent
LOCALES = ("es", "pt-BR", "en")
KEYS = ("thank_you", "milestones", "cross_sell")
_MARK = re.compile(r"\[\[(\w+)\]\]")

# Delimiters of Liquid and of our own marks: a parameter is a text, not a piece of template.
_FORBIDDEN = re.compile(r"[\x00-\x1f\"]|\{\{|\{%|\[\[|\]\]|\}\}|%\}")
TEXT_CHARS_MAX = 200
OPTIONS_MAX = 6


@dataclass(frozen=True, slots=True)
class Option:
    """A product that the cross-sell shows."""

    name: str
    url: str


# What goes with a camera.
CAMERA = "CAMERA"
CAMERA_COMPLEMENTS: Mapping[str, str] = {
    "es": "lentes o tripiés",
    "pt-BR": "lentes ou tripés",
    "en": "lenses or tripods",
}


@dataclass(frozen=True, slots=True)
class CrossSell:
    """What the cross-sell offers after a purchase of `category`.

    Without `complements` (a text for each locale) the message names the item that was bought.
    """

    category: str = CAMERA
    complements: Mapping[str, str] | None = field(default_factory=lambda: CAMERA_COMPLEMENTS)
    options: tuple[Option, ...] = ()
    percent: int = 10
    valid_days: int = 7


@dataclass(frozen=True, slots=True)
class Template:
    key: str
    name: str
    purpose: str
    contents: dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Builtin:
    key: str
    name: str
    description: str
    graph: dict[str, Any]
    templates: tuple[Template, ...]


def read(key: str, shop: ShopFacts, cross_sell: CrossSell) -> Builtin:
    """A built-in journey, named in the shop's language, with its parameters filled in."""
    data = json.loads((FOLDER / key / "journey.json").read_text(encoding="utf-8"))
    _check(cross_sell)
    templates = tuple(
        Template(
            key=template,
            name=_in_language(facts["name"], shop.locale),
            purpose=facts["purpose"],
            contents={
                locale: _content(FOLDER / key / template, locale, facts["purpose"], shop, cross_sell)
                for locale in LOCALES
            },
        )
        for template, facts in data["templates"].items()
    )
    values = {
        "category": cross_sell.category,
        "percent": cross_sell.percent,
        "valid_days": cross_sell.valid_days,
        # The coupon is good until its last local day ends; a purchase in its last hours still is the goal.
        "goal_days": cross_sell.valid_days + 1,
    }
    return Builtin(
        key=key,
        name=_in_language(data["name"], shop.locale),
        description=_in_language(data["description"], shop.locale),
        graph=_fill_json(data["graph"], values),
        templates=templates,
    )


def _content(
    folder: Path, locale: str, purpose: str, shop: ShopFacts, cross_sell: CrossSell
) -> dict[str, str]:
    parameters = _parameters(locale, shop, cross_sell)
    frame = FOLDER / "frame"
    body = _read(folder / f"{locale}.mjml").rstrip("\n")
    mjml = _fill(
        _read(frame / "frame.mjml"),
        {
            "body": _fill(
                body,
                {name: _as_mjml(text) for name, text in parameters.items()}
                | {
                    "items": _read(frame / f"{locale}.items.mjml").rstrip("\n"),
                    "options": _options_mjml(cross_sell),
                },
            ),
            "footer": _read(frame / f"{locale}.{purpose}.mjml").rstrip("\n"),
        },
    )
    footer = _read(frame / f"{locale}.{purpose}.text.liquid").rstrip("\n")
    return {
        "subject": _fill(_read(folder / f"{locale}.subject.liquid").strip(), parameters),
        "mjml": mjml,
        "text": _fill(
            _read(folder / f"{locale}.text.liquid"),
            parameters | {"footer": footer, "options": _options_text(cross_sell)},
        ),
    }


_OFFER = {
    "es": "¿{subject}? Mira estas opciones — obtén [[percent]]% de descuento por tiempo limitado",
    "pt-BR": "{subject}? Veja estas opções — ganhe [[percent]]% de desconto por tempo limitado",
    "en": "{subject}? See these options — get [[percent]]% off for a limited time",
}
_WITH_COMPLEMENTS = {
    "es": "Quieres [[complements]]",
    "pt-BR": "Quer [[complements]]",
    "en": "Looking for [[complements]]",
}
_WITHOUT_COMPLEMENTS = {
    "es": "Qué combina con {% if item.name %}{{ item.name }}{% else %}tu compra{% endif %}",
    "pt-BR": "O que combina com {% if item.name %}{{ item.name }}{% else %}sua compra{% endif %}",
    "en": "What goes well with {% if item.name %}{{ item.name }}{% else %}your order{% endif %}",
}
_OPTIONS_INTRO = {
    True: {
        "es": "Estas opciones van muy bien con tu compra:",
        "pt-BR": "Estas opções combinam muito bem com a sua compra:",
        "en": "These go very well with it:",
    },
    False: {
        "es": "En la tienda hay opciones que van muy bien con tu compra, y este código es para ti.",
        "pt-BR": "Na loja há opções que combinam muito bem com a sua compra, e este código é para você.",
        "en": "The shop has options that go very well with it, and this code is for you.",
    },
}
_VALUES = {
    "es": "Elegimos con cuidado lo que vendemos, decimos las cosas con claridad y respondemos cuando nos necesitas.",
    "pt-BR": "Escolhemos com cuidado o que vendemos, falamos com clareza e respondemos quando você precisa.",
    "en": "We choose what we sell with care, we say things plainly, and we answer when you need us.",
}
_RATING_SUBJECT = {
    "es": "Mi%20entrega%20del%20pedido%20",
    "pt-BR": "Minha%20entrega%20do%20pedido%20",
    "en": "My%20delivery%20of%20order%20",
}


def _parameters(locale: str, shop: ShopFacts, cross_sell: CrossSell) -> dict[str, str]:
    parameters = {
        "percent": str(cross_sell.percent),
        "category": cross_sell.category,
        "values": _VALUES[locale],
        "options_intro": _OPTIONS_INTRO[bool(cross_sell.options)][locale],
        # The answer goes to the people of the shop.
        "rating_url": f"mailto:{parseaddr(shop.sender)[1]}?subject={_RATING_SUBJECT[locale]}{{{{ event.order_id | url_encode }}}}",
    }
    if cross_sell.complements:
        parameters["complements"] = _in_language(cross_sell.complements, locale)
        subject = _WITH_COMPLEMENTS[locale]
    else:
        subject = _WITHOUT_COMPLEMENTS[locale]
    parameters["offer"] = _fill(_OFFER[locale].replace("{subject}", subject), parameters)
    return parameters


def _as_mjml(text: str) -> str:
    """The text between and inside elements; its Liquid stays as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _options_mjml(cross_sell: CrossSell) -> str:
    if not cross_sell.options:
        return ""
    items = "".join(
        f'<li style="margin:0 0 6px"><a href="{escape(option.url)}" style="color:#1f6f5c">{escape(option.name)}</a></li>'
        for option in cross_sell.options
    )
    return f'        <mj-text><ul style="margin:0;padding-left:20px">{items}</ul></mj-text>'


def _options_text(cross_sell: CrossSell) -> str:
    return "".join(f"- {option.name}: {option.url}\n" for option in cross_sell.options)


def _check(cross_sell: CrossSell) -> None:
    texts = {"category": cross_sell.category}
    texts |= {f"complements.{locale}": text for locale, text in (cross_sell.complements or {}).items()}
    for index, option in enumerate(cross_sell.options):
        texts |= {f"options[{index}].name": option.name, f"options[{index}].url": option.url}
        if not option.url.startswith("https://"):
            raise VuelveError("bad_parameter", "A link begins with https://.", field=f"options[{index}].url")
    if len(cross_sell.options) > OPTIONS_MAX:
        raise VuelveError("bad_parameter", f"At most {OPTIONS_MAX} options.", field="options")
    for name, text in texts.items():
        if not 0 < len(text) <= TEXT_CHARS_MAX or _FORBIDDEN.search(text):
            raise VuelveError("bad_parameter", "A plain text of 1 to 200 characters is needed.", field=name)


def _in_language(texts: Mapping[str, str], locale: str) -> str:
    """The text in the locale, or in its language, else in English, else whatever there is."""
    for name in (locale, locale.split("-")[0], "pt-BR" if locale.startswith("pt") else "", "en"):
        if name in texts:
            return texts[name]
    return next(iter(texts.values()))


def _fill(text: str, values: Mapping[str, str]) -> str:
    return _MARK.sub(lambda mark: values[mark[1]], text)


def _fill_json(value: Any, values: Mapping[str, Any]) -> Any:
    """`"[[name]]"` as a whole text becomes the value, a number as a number."""
    if isinstance(value, dict):
        return {key: _fill_json(inner, values) for key, inner in value.items()}
    if isinstance(value, list):
        return [_fill_json(inner, values) for inner in value]
    if isinstance(value, str) and (mark := _MARK.fullmatch(value)):
        return values[mark[1]]
    return value


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
