"""The table of codes is whole: each that the API can answer is in it, and no other."""

import re
from pathlib import Path

from vuelve.events import api, decoding, fields, inspecting, reading, refusals

_RAISED = re.compile(r'(?:VuelveError|DamagedBodyError)\(\s*"(\w+)"|code(?:: str)? ?= ?"(\w+)"')


def test_each_code_is_in_the_table() -> None:
    raised: set[str] = set()
    for module in (api, decoding, fields, inspecting, reading):
        text = Path(str(module.__file__)).read_text(encoding="utf-8")
        raised |= {first or second for first, second in _RAISED.findall(text)}
    table = [refusal.code for refusal in (*refusals.OF_EVENTS, *refusals.OF_REQUESTS)]
    assert len(table) == len(set(table))
    assert raised == set(table)
