"""How a file is written: encoding, delimiter, header, decimal mark, order of day and month. Guesses are stated.

One pass over the whole file (it is hashed anyway) decides about the encoding: the first accent of a long file may
stand in its last line.
"""

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vuelve.events.sources.csv.contracts import Dialect, Fingerprint, Row
from vuelve.events.sources.csv.reading import Reader
from vuelve.platform import limits
from vuelve.platform.errors import VuelveError

DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8", "cp1252", "utf-16-le", "utf-16-be")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Excel's and other offices' workbooks, old and new (a zip), and gzip.
_NO_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")
_CHUNK_BYTES = 1024 * 1024
_ESCAPED = re.compile("[\udc80-\udcff]")
_WIDE = re.compile("[^\x00-\x7f\udc80-\udcff]")


def fingerprint(path: Path, *, on_bytes: Callable[[int], None] | None = None) -> Fingerprint:
    """Size, hash and encoding. Raises VuelveError `file_empty`, `file_too_large`, `file_no_text`."""
    size = path.stat().st_size
    if size > limits.CSV_FILE_BYTES_MAX:
        raise VuelveError(
            "file_too_large", f"The file has {size:,} bytes.", hint="Split it and import the parts."
        )
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    good = bad = 0
    head = b""
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            head = head or chunk[: limits.CSV_SAMPLE_BYTES]
            digest.update(chunk)
            if not chunk.isascii():
                text = decoder.decode(chunk)
                bad += len(_ESCAPED.findall(text))
                good += len(_WIDE.findall(text))
            if on_bytes:
                on_bytes(len(chunk))
    if not head.strip(b"\x00\xef\xbb\xbf\xff\xfe \r\n\t"):
        raise VuelveError(
            "file_empty", "The file is empty.", hint="Export it again; its first line must name the columns."
        )
    if head.startswith(_NO_TEXT):
        raise VuelveError(
            "file_no_text",
            "This is a workbook or a compressed file, not a CSV file.",
            hint="Save it as CSV, or unpack it, and import that file.",
        )
    encoding, start, is_guessed = _encoding(head, good, bad)
    return Fingerprint(size, digest.hexdigest(), encoding, start, is_guessed)


def _encoding(head: bytes, good: int, bad: int) -> tuple[str, int, bool]:
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding, len(mark), False
    if head[1:200:2].count(0) > 40 or (len(head) > 3 and head[1::2].count(0) * 3 > len(head)):
        return "utf-16-le", 0, True
    # Some broken characters do not make a file of UTF-8 one of Windows; their rows are refused.
    if bad > good:
        return "cp1252", 0, True
    return "utf-8", 0, False


def detect(path: Path, found: Fingerprint, *, encoding: str = "", delimiter: str = "") -> Dialect:
    """What was stated holds, but for a byte order mark, which cannot err; the rest is worked out from the beginning."""
    chosen = found.encoding if found.start else encoding or found.encoding
    start = found.start
    with path.open("rb") as stream:
        stream.seek(start)
        sample = stream.read(limits.CSV_SAMPLE_BYTES)
    try:
        text = codecs.getincrementaldecoder(chosen)("replace").decode(sample)
    except LookupError as error:
        raise VuelveError(
            "unknown_encoding",
            f"`{chosen[:40]}` is no encoding.",
            field="encoding",
            hint=", ".join(ENCODINGS),
        ) from error
    if hint := re.match(r"sep=(.)\r?\n", text):  # Excel's own mark
        start += len(hint[0].encode(chosen))
        delimiter = delimiter or hint[1]
    return Dialect(
        encoding=chosen,
        delimiter=delimiter or _delimiter(text),
        start=start,
        is_encoding_guessed=found.is_encoding_guessed and not encoding,
    )


def _delimiter(text: str) -> str:
    """The one that cuts most of the first rows into as many cells as the header has, and most cells at that."""
    best, best_score = ",", (0.0, 0)
    for candidate in DELIMITERS:
        counts = []
        try:
            for cells in csv.reader(io.StringIO(text, newline=""), delimiter=candidate):
                if cells:
                    counts.append(len(cells))
                if len(counts) > 50:
                    break
        except csv.Error:
            pass
        if not counts or counts[0] < 2:
            continue
        score = (round(counts.count(counts[0]) / len(counts), 1), counts[0])
        if score > best_score:
            best, best_score = candidate, score
    return best


@dataclass(frozen=True, slots=True)
class Head:
    """The names of the columns, each once, and where the first row begins."""

    names: Sequence[str]
    offset: int
    line: int


def read_head(path: Path, dialect: Dialect) -> Head:
    """Raises VuelveError for a file whose first row cannot name columns."""
    with path.open("rb") as stream:
        reader = Reader(stream, dialect, offset=dialect.start, line=1)
        return Head(_names(next(iter(reader), None)), reader.offset, reader.line)


def _names(row: Row | None) -> list[str]:
    if row is None:
        raise VuelveError("file_empty", "The file has no rows.", hint="Its first line must name the columns.")
    if row.refusal:
        raise VuelveError(
            "header_unreadable", row.refusal.reason, field="line 1", hint="Mend the first line of the file."
        )
    if len(row.cells) > limits.CSV_COLUMNS_MAX:
        raise VuelveError(
            "too_many_columns",
            f"The file has {len(row.cells):,} columns.",
            hint=f"At most {limits.CSV_COLUMNS_MAX:,}; leave out those that are not needed.",
        )
    if any("@" in cell and "." in cell for cell in row.cells):
        raise VuelveError(
            "header_missing",
            "The first line holds an e-mail address, so it does not name the columns.",
            hint="Add a first line with a name for each column.",
        )
    return unique_names(row.cells)


def unique_names(cells: Sequence[str]) -> list[str]:
    """A column without a name is called by its number; the second of a name gets ` (2)`."""
    names: list[str] = []
    seen: dict[str, int] = {}
    taken = {cell.strip() for cell in cells}
    for number, cell in enumerate(cells, start=1):
        name = cell.strip() or f"Column {number}"
        seen[name] = seen.get(name, 0) + 1
        while seen[name] > 1 and f"{name} ({seen[name]})" in taken:
            seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


_COMMA_DECIMAL = re.compile(r"[^\d]*(?:\d{1,3}(?:\.\d{3})+|\d+),\d{1,2}\D*")
_POINT_DECIMAL = re.compile(r"[^\d]*(?:\d{1,3}(?:,\d{3})+|\d+)\.\d{1,2}\D*")


def decimal_mark(values: Iterable[str]) -> str:
    """`,` if amounts are written like 1.234,56, else `.`"""
    commas = points = 0
    for value in values:
        commas += _COMMA_DECIMAL.fullmatch(value) is not None
        points += _POINT_DECIMAL.fullmatch(value) is not None
    return "," if commas > points else "."


_DATE = re.compile(r"\s*(\d{1,4})[/.-](\d{1,2})[/.-](\d{1,4})")
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")
_UNIX = re.compile(r"\d{10}(?:\d{3})?")


def date_format(values: Iterable[str], *, is_month_first: bool) -> tuple[str, bool]:
    """iso, dmy, mdy, excel or unix; and whether day and month were only guessed."""
    days_first = months_first = slashed = serial = unix = 0
    for value in values:
        if match := _DATE.match(value):
            if len(match[1]) == 4:
                continue
            slashed += 1
            days_first += int(match[1]) > 12
            months_first += int(match[2]) > 12
        elif _SERIAL.fullmatch(value):
            serial += 1
        elif _UNIX.fullmatch(value):
            unix += 1
    if slashed:
        if days_first or months_first:
            return ("dmy" if days_first >= months_first else "mdy"), False
        return ("mdy" if is_month_first else "dmy"), True
    if serial:
        return "excel", True
    return ("unix", False) if unix else ("iso", False)
