"""`<file>.rejects.csv`: refused rows with line, code, column and reason before what they held.

Each refused row is in it once, whatever was killed when: the length that counts is recorded with the position of the
import, and what a killed run wrote past it is cut off. Mended, the file can be imported itself.
"""

import csv
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from vuelve.events.sources.csv.contracts import Unit
from vuelve.platform.errors import VuelveError

COLUMNS = ("line", "code", "column", "reason")
_BOM = "\ufeff"  # so that Excel reads accents


class Rejects:
    def __init__(self, path: Path, header: Sequence[str], *, delimiter: str, length: int) -> None:
        self._delimiter = delimiter
        self._path = path
        self._header = header
        self._stream: BinaryIO | None = None
        self.length = length
        if length:
            self._open()

    def _open(self) -> BinaryIO:
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise VuelveError(
                "rejects_unwritable",
                f"{self._path} cannot be written: {error.strerror}.",
                hint="Say with --rejects where refused rows may be kept.",
            ) from error
        stream = os.fdopen(handle, "r+b")
        if stream.seek(0, os.SEEK_END) < self.length:
            stream.close()
            raise VuelveError(
                "rejects_missing",
                f"{self._path} is shorter than it was: refused rows of an earlier run are gone.",
                hint="Put the file back, or begin anew with --restart.",
            )
        stream.truncate(self.length)
        stream.seek(self.length)
        self._stream = stream
        return stream

    def write(self, units: Sequence[Unit]) -> int:
        """Append the rows of refused units, on disk when it returns; returns the new length, which `keep` makes count."""
        lines = [line for unit in units for line in self._lines(unit)]
        if not lines:
            return self.length
        stream = self._stream or self._open()
        stream.truncate(self.length)  # a batch that was rolled back
        stream.seek(self.length)
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self._delimiter)
        if not self.length:
            text.write(_BOM)
            writer.writerow((*COLUMNS, *self._header))
        writer.writerows(lines)
        stream.write(text.getvalue().encode("utf-8", "backslashreplace"))
        stream.flush()
        os.fsync(stream.fileno())
        return stream.tell()

    def keep(self, length: int) -> None:
        self.length = length

    @staticmethod
    def _lines(unit: Unit) -> Iterator[tuple[object, ...]]:
        if unit.refusal is None:
            return
        for row in unit.rows:
            reason = unit.refusal.reason
            if row.line != unit.refused_line and unit.refused_line:
                reason = f"Because of line {unit.refused_line}: {reason}"
            yield (row.line, unit.refusal.code, unit.refusal.field, reason, *row.cells)

    def close(self) -> None:
        if self._stream:
            self._stream.close()
