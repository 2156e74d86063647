"""Records of a CSV file, one after the other, in bounded memory, each with the byte and the line where it begins.

Python's own `csv` parses: it is written in C (over a million short rows a second) and, unlike columnar readers, takes
exactly the lines that one record needs. So the position after each record is exact, a bad record can be refused by
itself, and the reading goes on with the line after the one that was bad.

`strict`: an opening quote whose end is missing shows at the next quote that stands where none may stand; without a
next quote, at the bound of a record. Only the line where it was opened is refused, and the following lines are read
again by themselves.
"""

import csv
import io
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from vuelve.events.sources.csv.contracts import Dialect, Refusal, Row
from vuelve.platform import limits


class _TooLongError(Exception):
    """A record past its bound."""


class Reader:
    """Iterates over rows from `offset` on; `offset` and `line` then say where the next record begins."""

    def __init__(self, stream: BinaryIO, dialect: Dialect, *, offset: int, line: int) -> None:
        stream.seek(offset)
        self.offset = offset
        self.line = line
        self._encoding = dialect.encoding
        self._delimiter = dialect.delimiter
        self._is_wide = dialect.encoding.startswith("utf-16")
        # Bytes that are no text become half surrogate pairs, so that they spoil their row and not the reading.
        self._errors = "surrogatepass" if self._is_wide else "surrogateescape"
        self._text = io.TextIOWrapper(stream, dialect.encoding, errors=self._errors, newline="")
        self._taken: list[str] = []  # the lines of the record under way
        self._again: deque[str] = deque()  # lines to read once more
        self._records = self._parser()

    def close(self) -> None:
        self._text.close()

    def __iter__(self) -> Iterator[Row]:
        taken = self._taken
        while True:
            taken.clear()
            offset, line = self.offset, self.line
            try:
                cells = next(self._records)
            except StopIteration:
                return
            except _TooLongError:
                yield Row(offset, line, [taken[0][:1000]], self._recover(is_bound=True))
                continue
            except csv.Error as error:
                is_long = "larger than" in str(error)
                yield Row(offset, line, [taken[0][:1000]], self._recover(is_bound=is_long))
                continue
            except UnicodeDecodeError:  # UTF-16 that ends in the middle of a character
                yield Row(offset, line, [], _INVALID_TEXT)
                return
            is_text = self._pass(taken)
            if cells:
                yield Row(offset, line, cells, None if is_text else _INVALID_TEXT)

    def _parser(self) -> Iterator[list[str]]:
        return csv.reader(self._lines(), delimiter=self._delimiter, strict=True)

    def _lines(self) -> Iterator[str]:
        """What the parser reads. It asks for another line only while a record is not complete."""
        taken, again, readline = self._taken, self._again, self._text.readline
        chars_max, lines_max = limits.CSV_RECORD_CHARS_MAX, limits.CSV_RECORD_LINES_MAX
        while True:
            line = again.popleft() if again else readline(chars_max)
            if not line:
                return
            taken.append(line)
            if len(line) >= chars_max or len(taken) > 1:
                if len(line) >= chars_max and line[-1] not in "\r\n":
                    raise _TooLongError
                if len(taken) > lines_max or sum(map(len, taken)) > chars_max:
                    raise _TooLongError
            yield line

    def _pass(self, lines: list[str]) -> bool:
        """Move on past lines; False if one of them is no text that a database can hold."""
        is_text = True
        for line in lines:
            if line.isascii() and not self._is_wide:
                self.offset += len(line)
            else:
                try:
                    self.offset += len(line.encode(self._encoding))
                except UnicodeEncodeError:
                    is_text = False
                    self.offset += len(line.encode(self._encoding, self._errors))
            if "\x00" in line:
                is_text = False
        self.line += len(lines)
        return is_text

    def _recover(self, *, is_bound: bool) -> Refusal:
        """Pass over the first line of a record that could not be read; the others are read again by themselves."""
        first, *rest = self._taken
        self._again.extendleft(reversed(rest))
        self._pass([first])
        while len(first) >= limits.CSV_RECORD_CHARS_MAX and first[-1] not in "\r\n":
            first = self._text.readline(limits.CSV_RECORD_CHARS_MAX)
            if not first:
                break
            self._pass([first])
            self.line -= 1  # it is the same line still
        self._records = self._parser()
        if rest:
            return Refusal(
                "quote_never_closes", "A quote opens in this line and is not closed as it should be."
            )
        if is_bound:
            return Refusal("row_too_long", f"The row has over {limits.CSV_RECORD_CHARS_MAX:,} characters.")
        return Refusal("bad_quotes", "A quote stands where none may stand; inside quotes it must be doubled.")


_INVALID_TEXT = Refusal(
    "invalid_text", "The row has bytes that are no text in this encoding, or the character NUL."
)
