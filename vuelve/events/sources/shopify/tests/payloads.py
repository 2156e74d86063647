"""The recorded payloads: made up, in the shape of Shopify's webhooks. `orders__paid.json` is of topic orders/paid."""

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "fixtures"
DOMAIN = "tienda-ejemplo.myshopify.com"
SECRET = "shpss_ejemplo_para_pruebas"


@cache
def _text(name: str) -> str:
    return (FOLDER / f"{name}.json").read_text(encoding="utf-8")


def payload(name: str, /, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_text(name))
    return copy.deepcopy(found) | changes


def topic(name: str) -> str:
    return name.partition(".")[0].replace("__", "/")


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))
