"""Every code by which an event can be refused has words for the people who read the list of refused ones."""

import re
from pathlib import Path

from vuelve.events.wording import REFUSALS

PACKAGE = Path(__file__).resolve().parents[1]

# Answered, but never kept: nobody's, or not about an event.
NEVER_KEPT = {"wrong_key", "method_not_allowed", "bad_events"}
NOT_INGEST = {"promoted_type", "promoted_limit"}


def test_every_code_has_words() -> None:
    codes = {
        code
        for path in PACKAGE.glob("*.py")
        if path.name not in {"conditions.py"}
        for code in re.findall(r'VuelveError\(\s*"(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert len(codes) > 15
    assert codes - NEVER_KEPT - NOT_INGEST <= set(REFUSALS)
