"""Bad files: what cannot be read is refused by itself, and nothing is swallowed."""

import io
import tracemalloc
from pathlib import Path

import pytest

from vuelve.events.sources.csv import detecting
from vuelve.events.sources.csv.contracts import Dialect, Row
from vuelve.events.sources.csv.detecting import date_format, decimal_mark, detect, fingerprint, read_head
from vuelve.events.sources.csv.reading import Reader
from vuelve.platform import limits
from vuelve.platform.errors import VuelveError


def read(raw: bytes, *, encoding: str = "utf-8", delimiter: str = ",", offset: int = 0) -> list[Row]:
    return list(Reader(io.BytesIO(raw), Dialect(encoding, delimiter), offset=offset, line=1))


def cells(rows: list[Row]) -> list[list[str]]:
    return [row.cells for row in rows if row.refusal is None]


def head(tmp_path: Path, raw: bytes) -> tuple[Dialect, detecting.Head]:
    path = tmp_path / "file.csv"
    path.write_bytes(raw)
    dialect = detect(path, fingerprint(path))
    return dialect, read_head(path, dialect)


@pytest.mark.parametrize(
    ("raw", "encoding", "delimiter", "names"),
    [
        (b"\xef\xbb\xbfa,b\n1,2\n", "utf-8", ",", ["a", "b"]),
        ("correo;teléfono\nx;y\n".encode("latin-1"), "cp1252", ";", ["correo", "teléfono"]),
        ("correo;teléfono\nx;y\n".encode(), "utf-8", ";", ["correo", "teléfono"]),
        ("\ufeffa\tb\n1\t2\n".encode("utf-16-le"), "utf-16-le", "\t", ["a", "b"]),
        ("\ufeffa|b\n1|2\n".encode("utf-16-be"), "utf-16-be", "|", ["a", "b"]),
        ("a\tb\nlong enough to be sure of\t2\n".encode("utf-16-le"), "utf-16-le", "\t", ["a", "b"]),
        (b"sep=;\r\na;b,c\r\n1;2\r\n", "utf-8", ";", ["a", "b,c"]),
        (b'"a;b",c\n1,"2;3;4"\n', "utf-8", ",", ["a;b", "c"]),
        (b"only\n1\n", "utf-8", ",", ["only"]),
        (b"a,,a,a (2),a\n1,2,3,4,5\n", "utf-8", ",", ["a", "Column 2", "a (3)", "a (2)", "a (4)"]),
    ],
)
def test_how_a_file_is_written_is_found_out(
    tmp_path: Path, raw: bytes, encoding: str, delimiter: str, names: list[str]
) -> None:
    dialect, found = head(tmp_path, raw)
    assert (dialect.encoding, dialect.delimiter, list(found.names)) == (encoding, delimiter, names)


def test_the_first_accent_may_stand_in_the_last_line(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 200_000 + "é,ñ\n".encode("cp1252"))
    found = fingerprint(path)
    assert (found.encoding, found.is_encoding_guessed) == ("cp1252", True)


def test_one_broken_character_does_not_make_a_file_of_utf8_one_of_windows(tmp_path: Path) -> None:
    raw = b"a,b\n" + "é,ñ\n".encode() * 3 + b"\xe9,2\n3,4\n"
    dialect, _found = head(tmp_path, raw)
    assert dialect.encoding == "utf-8"
    rows = read(raw)
    assert [row.line for row in rows if row.refusal] == [5]
    assert [row.refusal.code for row in rows if row.refusal] == ["invalid_text"]
    assert cells(rows)[-1] == ["3", "4"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "file_empty"),
        (b"\xef\xbb\xbf", "file_empty"),
        (b"\n\n  \r\n", "file_empty"),
        (b"PK\x03\x04 a workbook", "file_no_text"),
        (b"\x1f\x8b\x08 compressed", "file_no_text"),
        (b"ana@example.com,Ana\nbea@example.com,Bea\n", "header_missing"),
        (b'"a,b\n1,2\n', "header_unreadable"),
        (b",".join(b"c%d" % n for n in range(10_000)) + b"\n", "too_many_columns"),
    ],
)
def test_a_file_that_cannot_be_imported_says_why(tmp_path: Path, raw: bytes, code: str) -> None:
    with pytest.raises(VuelveError) as caught:
        head(tmp_path, raw)
    assert caught.value.code == code


def test_only_a_header_is_no_row(tmp_path: Path) -> None:
    _dialect, found = head(tmp_path, b"a,b\n")
    assert read(b"a,b\n", offset=found.offset) == []


def test_quoted_newlines_and_every_end_of_line() -> None:
    rows = read(b'1,"two\nlines"\r\n2,x\r3,y\n\n4,z')
    assert cells(rows) == [["1", "two\nlines"], ["2", "x"], ["3", "y"], ["4", "z"]]
    assert [row.line for row in rows] == [1, 3, 4, 6]


def test_a_quote_that_never_closes_costs_its_line_and_nothing_else() -> None:
    lines = [b"%d,plain" % n for n in range(50_000)]
    lines[10] = b'10,"never closed'
    rows = read(b"\n".join(lines))
    refused = [row for row in rows if row.refusal]
    assert [(row.line, row.refusal and row.refusal.code) for row in refused] == [(11, "quote_never_closes")]
    assert cells(rows) == [[str(n), "plain"] for n in range(50_000) if n != 10]


def test_a_quote_that_never_closes_among_quoted_cells() -> None:
    raw = b'"1","a"\n"2","b\n"3","c"\n"4","d\nd"\n'
    rows = read(raw)
    assert [row.line for row in rows if row.refusal] == [2]
    assert cells(rows) == [["1", "a"], ["3", "c"], ["4", "d\nd"]]


def test_at_the_end_of_the_file() -> None:
    rows = read(b'1,a\n2,"b\n3,c\n4,d')
    assert [row.line for row in rows if row.refusal] == [2]
    assert cells(rows) == [["1", "a"], ["3", "c"], ["4", "d"]]


def test_quotes_inside_quotes_must_be_doubled() -> None:
    rows = read(b'1,"a "" b"\n2,"a " b"\n3,12" screen\n')
    assert [(row.line, row.refusal.code) for row in rows if row.refusal] == [(2, "bad_quotes")]
    assert cells(rows) == [["1", 'a " b'], ["3", '12" screen']]


def test_a_line_past_the_bound_is_passed_over_in_pieces() -> None:
    long = b"x" * (limits.CSV_RECORD_CHARS_MAX * 3 + 5)
    rows = read(b"1,a\n2," + long + b"\n3,c\n")
    assert [(row.line, row.refusal.code) for row in rows if row.refusal] == [(2, "row_too_long")]
    assert cells(rows) == [["1", "a"], ["3", "c"]]
    assert rows[-1].line == 3


def test_a_nul_spoils_its_row() -> None:
    rows = read(b"1,a\n2,\x00b\n3,c\n")
    assert [(row.line, row.refusal.code) for row in rows if row.refusal] == [(2, "invalid_text")]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16-le"])
def test_reading_begins_again_at_any_row(encoding: str) -> None:
    text = 'a;"é\r\nñ"\r\nb;"x\n2;3\n"c";""\n\nd;ü'
    raw = text.encode(encoding)
    rows = read(raw, encoding=encoding, delimiter=";")
    for number, row in enumerate(rows):
        reader = Reader(io.BytesIO(raw), Dialect(encoding, ";"), offset=row.offset, line=row.line)
        assert list(reader) == rows[number:]
        assert reader.offset == len(raw)


def test_decimal_marks_and_dates_are_found_out() -> None:
    assert decimal_mark(["1.234,56", "$ 99,90", "5"]) == ","
    assert decimal_mark(["1,234.56", "99.90"]) == "."
    assert decimal_mark(["1", "2"]) == "."
    assert date_format(["01/02/2026", "13/02/2026"], is_month_first=False) == ("dmy", False)
    assert date_format(["02/13/2026", "01/02/2026"], is_month_first=False) == ("mdy", False)
    assert date_format(["01/02/2026"], is_month_first=False) == ("dmy", True)
    assert date_format(["01/02/2026"], is_month_first=True) == ("mdy", True)
    assert date_format(["2026-02-13T10:00:00Z"], is_month_first=False) == ("iso", False)
    assert date_format(["45123.5"], is_month_first=False) == ("excel", True)


def test_a_quote_that_never_closes_does_not_fill_the_memory() -> None:
    raw = b'1,a\n2,"b\n' + b"3,c\n" * 1_000_000
    tracemalloc.start()
    try:
        rows = sum(
            1 for row in Reader(io.BytesIO(raw), Dialect("utf-8", ","), offset=0, line=1) if not row.refusal
        )
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert rows == 1_000_001
    assert peak < 2 * 1024 * 1024
