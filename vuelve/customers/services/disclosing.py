"""A copy of all that the shop keeps of one person, with where each thing came from.

Made while it is downloaded and kept nowhere: a copy that lies about is one more thing to lose.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import IO, Any

from vuelve.customers.queries import canonical_id, ids_of
from vuelve.customers.services.settling import SQL
from vuelve.platform.db import Cursor, for_shop
from vuelve.platform.errors import not_found
from vuelve.platform.extension import Person, registry
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.platform.ui.downloads import cell
from vuelve.shops import services as shops
from vuelve.shops.queries import facts

FORMAT = "vuelve-person-1"
_JSON_COLUMNS = frozenset({"properties", "context", "data", "snapshot", "detail"})


def request_export(*, shop: ShopId, customer: CustomerId, requested_by: str, now: datetime) -> int:
    """Note that somebody asks for a copy of their data, for the staff to hand over; returns the request's number.

    One that has not been answered stands for all. Raises VuelveError `not_found`.
    """
    with for_shop(shop) as cursor:
        subject = _known(cursor, shop, customer)
        row = cursor.execute(
            "INSERT INTO customers_disclosure (shop_id, subject_id, requested_by, requested_at) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (shop_id, subject_id) WHERE downloaded_at IS NULL DO UPDATE SET subject_id = excluded.subject_id "
            "RETURNING id",
            [shop, subject, requested_by, now],
        ).fetchone()
        assert row is not None
        shops.audit(shop=shop, actor=requested_by, action="Export Requested", target=f"customer {subject}")
        return int(row[0])


def export_json(*, shop: ShopId, customer: CustomerId, by: str, now: datetime, into: IO[bytes]) -> None:
    """One JSON document, written as it is read: nothing of it is held in memory. Raises VuelveError `not_found`."""
    with for_shop(shop) as cursor:
        person = person_of(cursor, shop, customer)
        for piece in _document(cursor, person, now):
            into.write(piece.encode())
        _note(cursor, person, by, now)


def export_zip(*, shop: ShopId, customer: CustomerId, by: str, now: datetime, into: IO[bytes]) -> None:
    """The same document as `data.json`, and each section as a CSV file of its own."""
    with for_shop(shop) as cursor:
        person = person_of(cursor, shop, customer)
        with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
            with archive.open("data.json", "w") as entry:
                for piece in _document(cursor, person, now):
                    entry.write(piece.encode())
            for name, rows in _sections(cursor, person):
                _write_csv(archive, name, rows)
        _note(cursor, person, by, now)


def person_of(cursor: Cursor, shop: ShopId, customer: CustomerId) -> Person:
    """Raises VuelveError `not_found`."""
    canonical = _known(cursor, shop, customer)
    ids = tuple(ids_of(cursor, shop, canonical))
    rows = cursor.execute(SQL["person_identifiers"], {"shop": shop, "ids": list(ids)}).fetchall()
    return Person(shop, ids, tuple(dict.fromkeys(row[1] for row in rows)))


def _known(cursor: Cursor, shop: ShopId, customer: CustomerId) -> CustomerId:
    canonical = canonical_id(cursor, shop, customer)
    row = cursor.execute(
        "SELECT FROM customers_customer WHERE shop_id = %s AND id = %s", [shop, canonical]
    ).fetchone()
    if row is None:
        raise not_found("customer")
    return canonical


def _note(cursor: Cursor, person: Person, by: str, now: datetime) -> None:
    cursor.execute(
        "UPDATE customers_disclosure SET downloaded_at = %s WHERE shop_id = %s AND subject_id = ANY (%s) "
        "AND downloaded_at IS NULL",
        [now, person.shop, list(person.ids)],
    )
    shops.audit(shop=person.shop, actor=by, action="Customer Exported", target=f"customer {person.ids[0]}")


def _document(cursor: Cursor, person: Person, now: datetime) -> Iterator[str]:
    head = {
        "format": FORMAT,
        "shop": facts(person.shop).name,
        "made_at": now.isoformat(),
        "customer_id": person.ids[0],
        "profile_ids": list(person.ids),
    }
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "data": {'
    for number, part in enumerate(registry.privacy):
        yield f"{', ' if number else ''}{json.dumps(part.name)}: {{"
        for place, (section, rows) in enumerate(part.export(cursor, person).items()):
            yield f"{', ' if place else ''}{json.dumps(section)}: ["
            for index, row in enumerate(rows):
                yield (",\n" if index else "\n") + json.dumps(_plain(row), ensure_ascii=False, default=_value)
            yield "]"
        yield "}"
    yield "}}\n"


def _sections(cursor: Cursor, person: Person) -> Iterator[tuple[str, Iterable[Mapping[str, Any]]]]:
    for part in registry.privacy:
        for section, rows in part.export(cursor, person).items():
            yield f"{part.name}-{section}.csv", rows


def _write_csv(archive: zipfile.ZipFile, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """A section without rows is left out: the document says that it is empty."""
    entry: IO[bytes] | None = None
    for row in rows:
        plain = _plain(row)
        text = io.StringIO()
        writer = csv.writer(text)
        if entry is None:
            entry = archive.open(f"csv/{name}", "w")
            entry.write(b"\xef\xbb\xbf")  # so that a spreadsheet reads accents
            writer.writerow(plain)
        writer.writerow([_cell(value) for value in plain.values()])
        entry.write(text.getvalue().encode())
    if entry is not None:
        entry.close()


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _decoded(key, value) for key, value in row.items() if key != "shop_id"}


def _decoded(key: str, value: Any) -> Any:
    """JSON columns arrive as text; in the document they are JSON again."""
    if key not in _JSON_COLUMNS or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _value(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return cell(_value(value) if isinstance(value, datetime | date) else value)
