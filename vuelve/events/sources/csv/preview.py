"""The first rows of a file as they will be understood, with what is wrong marked: nothing is written."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from vuelve.events.sources.csv.contracts import Event, Refusal, Unit
from vuelve.events.sources.csv.kinds import assembler
from vuelve.events.sources.csv.mapping import FileMap, Shop, compile_plan
from vuelve.events.sources.csv.preparing import Sample

UNITS_SHOWN = 12
FACTS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One order, customer, product or consent."""

    line: int
    rows: int
    names: Sequence[str] = ()  # of the events it becomes
    who: str = ""
    at: datetime | None = None
    facts: Sequence[tuple[str, str]] = ()
    refusal: Refusal | None = None
    refused_line: int = 0
    is_skipped: bool = False


def preview(map: FileMap, sample: Sample, shop: Shop, *, now: datetime) -> list[Line]:
    """Raises VuelveError for a map that does not work for any row."""
    plan = compile_plan(map, sample.header, shop, as_of=now)
    assemble = assembler(plan)
    units = (unit for row in sample.rows for unit in assemble.take(row))
    shown = list(islice(units, UNITS_SHOWN))
    if len(shown) < UNITS_SHOWN:
        shown += assemble.finish()
    return [_line(unit) for unit in shown]


def _line(unit: Unit) -> Line:
    first = unit.rows[0]
    if unit.refusal or unit.is_skipped or not unit.events:
        cells = [("", cell) for cell in first.cells if cell.strip()][:FACTS_SHOWN]
        return Line(
            first.line,
            len(unit.rows),
            facts=cells,
            refusal=unit.refusal,
            refused_line=unit.refused_line,
            is_skipped=unit.is_skipped,
        )
    event = unit.events[0]
    return Line(
        first.line,
        len(unit.rows),
        names=[each.name for each in unit.events],
        who=event.email or event.user_id or json.loads(event.properties).get("phone", ""),
        at=event.occurred_at,
        facts=_facts(event)[:FACTS_SHOWN],
    )


def _facts(event: Event) -> list[tuple[str, str]]:
    facts: list[tuple[str, str]] = []
    for name, value in json.loads(event.properties).items():
        if name == "products":
            facts += [("", _article(article)) for article in value]
        elif isinstance(value, Mapping):
            facts += [(f"{name}.{inner}", str(text)) for inner, text in value.items()]
        elif isinstance(value, list):
            facts.append((name, ", ".join(map(str, value))))
        else:
            facts.append((name, str(value)))
    return facts


def _article(article: Mapping[str, Any]) -> str:
    name = article.get("name") or article.get("sku") or article.get("product_id") or ""
    price = article.get("price") or article.get("amount") or ""
    return f"{article.get('quantity', '1')} × {name} {price}".strip()
