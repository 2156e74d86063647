"""What is said of the API is whole: each code and each address, and no other."""

import json
import re
from pathlib import Path
from typing import Any

from vuelve.events import api, decoding, fields, inspecting, openapi, reading, refusals
from vuelve.events.decoding import KINDS
from vuelve.shops.api import missing_scope
from vuelve.shops.scopes import Scope

_RAISED = re.compile(r'(?:VuelveError|DamagedBodyError)\(\s*"(\w+)"|code(?:: str)? ?= ?"(\w+)"')


def test_each_code_is_in_the_table() -> None:
    raised: set[str] = set()
    for module in (api, decoding, fields, inspecting, reading):
        text = Path(str(module.__file__)).read_text(encoding="utf-8")
        raised |= {first or second for first, second in _RAISED.findall(text)}
    table = [refusal.code for refusal in (*refusals.OF_EVENTS, *refusals.OF_REQUESTS)]
    assert len(table) == len(set(table))
    raised.add(missing_scope(Scope.EVENTS_WRITE).code)
    assert raised == set(table)


def test_each_address_is_described() -> None:
    document = json.loads(json.dumps(openapi.document()))
    assert set(document["paths"]) == {f"/v1/{name}" for name in (*KINDS, "batch", "import")}
    for reference in _references(document):
        where = document
        for part in reference.removeprefix("#/").split("/"):
            where = where[part]
    answers = document["paths"]["/v1/batch"]["post"]["responses"]
    assert set(answers) == {"200"} | {str(code.status) for code in refusals.OF_REQUESTS}


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [found for inner in value.values() for found in _references(inner)]
    if isinstance(value, list):
        return [found for inner in value for found in _references(inner)]
    return []
