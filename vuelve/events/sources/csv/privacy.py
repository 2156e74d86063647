"""Uploaded files are kept for a while; one that names an erased person goes at once, whatever else is in it."""

from collections.abc import Sequence
from pathlib import Path

from vuelve.events.sources.csv import store
from vuelve.events.sources.csv.uploading import throw_away
from vuelve.platform.db import for_shop
from vuelve.platform.extension import Person
from vuelve.platform.ids import ShopId

CHUNK_BYTES = 1024 * 1024
# A short id would be found in files that have nothing to do with the person.
SEARCHED_CHARS_MIN = 6
UPLOADS_MAX = 1_000  # kept at a time; each for some weeks


class UploadedFiles:
    def throw_away(self, person: Person) -> int:
        kept = _kept(person.shop)
        return _throw_away(
            [job for job in kept if _names(job.path, person) or _names(job.rejects_path, person)]
        )

    def throw_away_all(self, shop: ShopId) -> int:
        return _throw_away(_kept(shop))


def _kept(shop: ShopId) -> list[store.Import]:
    with for_shop(shop) as cursor:
        return store.kept_files(cursor, shop, rows=UPLOADS_MAX)


def _throw_away(imports: Sequence[store.Import]) -> int:
    for job in imports:
        throw_away(job.path)
        with for_shop(job.shop) as cursor:
            store.note_file_gone(cursor, job.shop, job.id)
    return len(imports)


def _names(path: Path, person: Person) -> bool:
    needles = [each.lower().encode() for each in person.identifiers if len(each) >= SEARCHED_CHARS_MIN]
    if not needles or not path.is_file():
        return False
    overlap = max(map(len, needles))
    with path.open("rb") as file:
        tail = b""
        while chunk := file.read(CHUNK_BYTES):
            text = tail + chunk.lower()
            if any(needle in text for needle in needles):
                return True
            tail = text[-overlap:]
    return False
