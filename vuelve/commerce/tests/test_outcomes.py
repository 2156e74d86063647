"""Every reason for which an event can be rejected has words for the developer who looks for the order."""

import re
from pathlib import Path

from vuelve.commerce.outcomes import REASONS

STATEMENTS = Path(__file__).resolve().parents[1] / "sql"
_REASON = re.compile(r"(?:THEN|reason =|reason,) '(\w+)'")


def test_every_reason_has_words() -> None:
    files = [
        *STATEMENTS.glob("read_*.sql"),
        *STATEMENTS.glob("reject_*.sql"),
        *STATEMENTS.glob("report_*.sql"),
    ]
    reasons = {
        found for path in files for found in _REASON.findall(path.read_text(encoding="utf-8")) if "_" in found
    }
    assert len(reasons) > 12
    assert reasons <= set(REASONS)
