"""Any JSON object goes into columns and comes out again as it was, through Parquet as well."""

import io
import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vuelve.lake import shredding, writing
from vuelve.lake.shredding import (
    LIST_KEYS_MAX,
    PROPERTIES_MAX,
    Columns,
    decoded,
    same,
    shred,
    together,
)

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
NUMBERS = st.one_of(
    st.integers(-(10**25), 10**25),
    st.integers(-3, 3),
    st.decimals(allow_nan=False, allow_infinity=False, places=2),
    st.floats(allow_nan=False, allow_infinity=False),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
KEYS = st.one_of(
    st.sampled_from(["", "a", "A", "products", "products[].sku", "p_a", "año", "a b", 'x"y']), TEXTS
)
FLAT = st.lists(st.dictionaries(KEYS, st.one_of(st.booleans(), NUMBERS, TEXTS), max_size=4), max_size=4)
JSON = st.recursive(
    st.one_of(SCALARS, FLAT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(KEYS, JSON, max_size=6), min_size=1, max_size=5)


def as_json(value: Any) -> str:
    """With decimals as numbers of as many digits."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {as_json(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_json, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)


def rows_of(texts: list[str], columns: Columns) -> list[dict[str, Any]]:
    """Written to a file and read back."""
    shredded = shred(texts, columns)
    table = pa.table({**shredded.columns, "rest": shredded.rest})
    file = io.BytesIO()
    pyarrow.parquet.write_table(table, file, **writing.encodings(table))
    found: list[dict[str, Any]] = pyarrow.parquet.read_table(file).to_pylist()
    return found


@settings(max_examples=150, deadline=None)
@given(OBJECTS)
def test_any_object_comes_back(objects: list[dict[str, Any]]) -> None:
    texts = [as_json(each) for each in objects]
    columns = Columns({})
    for text, row in zip(texts, rows_of(texts, columns), strict=True):
        assert same(together(row, columns.known), decoded(text)), (text, row)


@pytest.mark.parametrize("number", ["1e-99999999999999999999", "0e99999999999999999999", "-1e-99999999999"])
def test_no_exponent_that_the_log_takes_stops_the_lake(number: str) -> None:
    text = f'{{"x": {number}, "products": [{{"price": {number}}}], "deep": {{"x": {number}}}}}'
    columns = Columns({})
    [row] = rows_of([text], columns)
    assert same(together(row, columns.known), decoded(text))


def test_what_a_list_of_products_becomes() -> None:
    columns = Columns({})
    text = '{"products": [{"sku": "a", "price": 60.5}, {"sku": "b", "price": 60, "gift": true}], "empty": [], "mixed": [1, {}]}'
    shredded = shred([text], columns)
    assert {name: values.to_pylist() for name, values in shredded.columns.items()} == {
        "p_products_sku": [["a", "b"]],
        "p_products_price_decimals": [[Decimal("60.5"), None]],
        "p_products_price_wholes": [[None, 60]],
        "p_products_gift_booleans": [[None, True]],
        "p_empty_json": ["[]"],
        "p_mixed_json": ["[1,{}]"],
    }
    assert shredded.rest.to_pylist() == [None]


def test_a_value_of_another_type_has_a_column_of_its_own() -> None:
    columns = Columns({})
    shredded = shred(['{"size": 7}', '{"size": "M"}', '{"size": true}', '{"size": null}'], columns)
    assert {name: values.to_pylist() for name, values in shredded.columns.items()} == {
        "p_size_whole": [7, None, None, None],
        "p_size": [None, "M", None, None],
        "p_size_boolean": [None, None, True, None],
    }
    assert shredded.rest.to_pylist() == [None, None, None, '{"size":null}']
    assert shredded.counts == {("size", "whole"): 1, ("size", "text"): 1, ("size", "boolean"): 1}


def test_keys_past_the_bound_stay_together() -> None:
    columns = Columns({})
    many = {f"k{number}": number for number in range(PROPERTIES_MAX + 5)}
    wide = {"things": [{f"k{number}": number for number in range(LIST_KEYS_MAX + 1)}]}
    texts = [json.dumps(wide), json.dumps(many), '{"late": [{"a": 1}], "later": 2}']
    rows = rows_of(texts, columns)
    assert len(columns.known) == PROPERTIES_MAX
    for text, row in zip(texts, rows, strict=True):
        assert same(together(row, columns.known), decoded(text))


def test_a_name_that_the_catalogue_cannot_hold_stays_in_the_rest() -> None:
    columns = Columns({})
    found = shred(['{"note\\u0000": 1, "n": 2}'], columns)
    assert (list(columns.known), found.rest.to_pylist()) == ([("n", "whole")], ['{"note\\u0000":1}'])


def test_a_property_that_is_wanted_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shredding, "PROPERTIES_MAX", 1)
    columns = Columns({}, frozenset({"c"}))
    found = shred(['{"a": 1, "b": 2, "c": 3}'], columns)
    assert (list(columns.known), found.rest.to_pylist()) == ([("a", "whole"), ("c", "whole")], ['{"b":2}'])


def test_names_that_are_alike_have_columns_of_their_own() -> None:
    columns = Columns({})
    texts = [
        '{"Order Id": "a", "order_id": "b", "order-id": "c", "products[].sku": "d", "products": [{"sku": "e"}]}'
    ]
    [row] = rows_of(texts, columns)
    assert len(set(columns.known.values())) == 5
    assert same(together(row, columns.known), decoded(texts[0]))


def test_large_columns_are_written_as_differences_and_read_back() -> None:
    texts = [json.dumps({"id": f"o{number}", "kind": f"k{number % 3}"}) for number in range(5_000)]
    columns = Columns({})
    shredded = shred(texts, columns)
    table = pa.table({**shredded.columns, "rest": shredded.rest})
    assert writing.encodings(table) == {
        "use_dictionary": ["p_kind", "rest"],
        "column_encoding": {"p_id": "DELTA_BYTE_ARRAY"},
    }
    assert [together(row, columns.known) for row in rows_of(texts, columns)] == [
        json.loads(each) for each in texts
    ]
