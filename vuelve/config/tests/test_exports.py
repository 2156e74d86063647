"""Whole tables as files: every table is exportable or says why not; what a file holds; who may fetch it."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vuelve.config.tests.story import Story, begin
from vuelve.platform import env, jobs
from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.export_columns import boolean, columns, day, integer, json, number, text, time
from vuelve.platform.extension import ExportTable, Person, registry
from vuelve.platform.ids import ShopId
from vuelve.shops.exporting import services
from vuelve.shops.exporting.privacy import ExportedFiles
from vuelve.shops.exporting.writing import ALWAYS, Format, Period, table_named, write
from vuelve.shops.models import Export, Role, Shop
from vuelve.shops.tests.people import another_shop, browser_of, make_member


@pytest.fixture(scope="module")
def story(log: None) -> Story:
    story = begin()
    story.customer("ana", name="Ana Peña")
    story.order("ana", "1001")
    story.ship("ana", "1001", "in_transit")
    return story


def test_every_table_of_a_shop_can_be_exported_or_says_why_not(database: str) -> None:
    with psycopg.connect(database) as connection:
        found = {
            row[0]
            for row in connection.execute(
                "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'shop_id' "
                "WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace"
            ).fetchall()
        }
    covered = {table for export in registry.exports for table in export.covers}
    unknown = sorted(found - covered - set(registry.not_exported))
    assert unknown == [], "add them to EXPORTS or to NOT_EXPORTED in the exports.py of their package"
    assert sorted((covered | set(registry.not_exported)) - found) == [], "these tables are gone"
    assert sorted(covered & set(registry.not_exported)) == []
    names = [export.name for export in registry.exports]
    assert len(names) == len(set(names))


def _export(shop: Shop, name: str | ExportTable, path: Path, format: Format, period: Period = ALWAYS) -> int:
    table = name if isinstance(name, ExportTable) else table_named(name)
    with for_shop(ShopId(shop.pk)) as cursor:
        return write(cursor, table, path, shop=ShopId(shop.pk), format=format, period=period)


@pytest.mark.parametrize("format", list(Format))
def test_every_table_can_be_written(story: Story, tmp_path: Path, format: Format) -> None:
    for table in registry.exports:
        path = tmp_path / f"{table.name}.{format}"
        rows = _export(story.shop, table, path, format)
        names = [column.name for column in table.columns]
        if format is Format.CSV:
            read = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
            assert read[0] == names, table.name
            assert len(read) == rows + 1, table.name
        else:
            parquet = pq.read_table(path)
            assert parquet.column_names == names
            assert parquet.num_rows == rows
        if table.time:
            nothing = Period(since=datetime(2090, 1, 1, tzinfo=UTC))
            assert _export(story.shop, table, path, format, period=nothing) == 0, table.name


def _odd(shop: int) -> ExportTable:
    """Rows that try a format: formulas, quotes, new lines, what is missing and what is empty; the last is another shop's."""
    first = "'=1+1', 7, true, '2026-01-02T03:04:05.5Z'::timestamptz, '2026-01-02'::date, 1.5, '{\"a\": \"é\"}'::json"
    return ExportTable(
        name="odd",
        label="",
        help="",
        rows=(
            f"(VALUES ({shop}::bigint, {first}), ({shop}, E'a\"b\\nc,d', NULL, false, NULL, NULL, NULL, NULL), "
            f"({shop}, '', -7, NULL, NULL, NULL, NULL, NULL), (0, 'x', 1, NULL, NULL, NULL, NULL, NULL)) "
            "t (shop_id, word, count, flag, at, day, ratio, data)"
        ),
        columns=columns(
            "word",
            integer("count"),
            boolean("flag"),
            time("at"),
            day("day"),
            number("ratio"),
            json("data"),
            text("plus", "'+' || t.word"),
        ),
        covers=(),
    )


def test_what_a_spreadsheet_would_run_is_text_in_csv_and_typed_in_parquet(shop: Shop, tmp_path: Path) -> None:
    table = _odd(shop.pk)
    path = tmp_path / "odd.csv"
    assert _export(shop, table, path, Format.CSV) == 3
    read = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    assert read[1] == [
        "'=1+1",
        "7",
        "true",
        "2026-01-02 03:04:05.5Z",
        "2026-01-02",
        "1.5",
        '{"a": "é"}',
        "'+=1+1",
    ]
    assert read[2][:3] == ['a"b\nc,d', "", "false"]
    assert read[3][:2] == ["", "-7"]  # a number may be less than nothing
    assert b'\n"",-7' in path.read_bytes()  # an empty text is not a missing one
    path = tmp_path / "odd.parquet"
    assert _export(shop, table, path, Format.PARQUET) == 3
    parquet = pq.read_table(path)
    assert parquet.schema.field("at").type == pa.timestamp("us", tz="UTC")
    assert parquet.to_pylist()[0] == {
        "word": "=1+1",
        "count": 7,
        "flag": True,
        "at": datetime(2026, 1, 2, 3, 4, 5, 500_000, tzinfo=UTC),
        "day": datetime(2026, 1, 2).date(),
        "ratio": Decimal("1.500000"),
        "data": '{"a": "é"}',
        "plus": "+=1+1",
    }


def test_a_file_holds_one_shop_alone(story: Story, tmp_path: Path) -> None:
    other = another_shop()
    for name in ("orders", "customers", "events", "messages"):
        assert _export(story.shop, name, tmp_path / "x.csv", Format.CSV) > 0
        assert _export(other, name, tmp_path / "x.csv", Format.CSV) == 0


def test_the_page_makes_a_file_and_hands_it_out_until_it_expires(story: Story) -> None:
    shop = story.shop
    browser = browser_of(make_member(shop))
    base = f"/s/{shop.slug}/data/exports/"
    assert "Aún no hay exportaciones" in browser.get(base).content.decode()
    browser.post(
        f"{base}new", {"table": "orders", "format": "csv", "since": "2000-01-01", "until": "not a day"}
    )
    assert "Download" not in browser.get(base).content.decode()
    jobs.run_pending()
    with for_shop(ShopId(shop.pk)):
        export = Export.objects.get(shop=shop)
        path = services.path_of(export)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert path.is_relative_to(env.home())
    response = browser.get(f"{base}{export.pk}")
    content = b"".join(response)
    assert content.startswith(b"\xef\xbb\xbforder_id,")
    assert content.count(b"\n") == export.rows + 1
    with for_shop(ShopId(shop.pk)) as cursor:
        actions = cursor.execute(
            "SELECT action, target FROM shops_auditentry WHERE shop_id = %s AND action LIKE '%%xport%%' ORDER BY id",
            [shop.pk],
        ).fetchall()
    assert actions == [("Data Exported", "orders"), ("Export Downloaded", "orders")]
    with pytest.raises(VuelveError), for_shop(ShopId(shop.pk)):
        services.file_of(shop=ShopId(shop.pk), export_id=export.pk, now=export.expires_at)
    assert services.forget_old_files(shop=ShopId(shop.pk), now=real.now()) == 0
    later = export.expires_at + timedelta(seconds=1)
    assert services.forget_old_files(shop=ShopId(shop.pk), now=later) == 1
    assert not path.exists()
    assert browser.get(f"{base}{export.pk}").status_code == 404


@pytest.mark.parametrize("role", [Role.MARKETER, Role.SUPPORT, Role.ANALYST, Role.VIEWER])
def test_who_may_not_export(shop: Shop, role: Role) -> None:
    export = services.request_export(
        shop=ShopId(shop.pk), table="customers", format=Format.CSV, period=Period(), by="x", now=real.now()
    )
    jobs.run_pending()
    browser = browser_of(make_member(shop, role=role))
    base = f"/s/{shop.slug}/data/exports/"
    assert browser.post(f"{base}new", {"table": "customers"}).status_code == 403
    assert browser.get(f"{base}{export.pk}").status_code == 403
    assert 'name="table"' not in browser.get(base).content.decode()
    with for_shop(ShopId(shop.pk)):
        assert Export.objects.filter(shop=shop).count() == 1


def test_an_export_of_another_shop_is_not_found(shop: Shop) -> None:
    export = services.request_export(
        shop=ShopId(shop.pk),
        table="customers",
        format=Format.PARQUET,
        period=Period(),
        by="x",
        now=real.now(),
    )
    jobs.run_pending()
    other = another_shop()
    assert browser_of(make_member(other)).get(f"/s/{other.slug}/data/exports/{export.pk}").status_code == 404


def test_a_table_that_is_none_and_too_many_at_once(shop: Shop) -> None:
    browser = browser_of(make_member(shop))
    base = f"/s/{shop.slug}/data/exports/"
    assert browser.post(f"{base}new", {"table": "shops_apikey"}).status_code == 404
    for _ in range(7):
        browser.post(f"{base}new", {"table": "orders", "format": "parquet"})
    with for_shop(ShopId(shop.pk)):
        assert Export.objects.filter(shop=shop).count() == 5
    jobs.run_pending()


def test_the_folders_of_a_shop_that_is_gone_go(shop: Shop) -> None:
    gone = env.home() / "exports" / "999999999"
    gone.mkdir(parents=True)
    (gone / "x.csv").write_text("x")
    services.OldExportsTick().tick(real)
    assert not gone.exists()


def test_when_a_person_is_erased_files_that_name_everybody_go(shop: Shop) -> None:
    facts = {"shop": ShopId(shop.pk), "format": Format.CSV, "period": ALWAYS, "by": "x", "now": real.now()}
    done = services.request_export(table="customers", **facts)  # type: ignore[arg-type]
    jobs.run_pending()
    assert services.path_of(done).exists()
    under_way = services.request_export(table="customers", **facts)  # type: ignore[arg-type]
    assert ExportedFiles().throw_away(Person(ShopId(shop.pk), (), ())) == 1
    assert not services.path_of(done).exists()
    jobs.run_pending()
    assert not services.path_of(under_way).exists()
    with for_shop(ShopId(shop.pk)):
        assert set(Export.objects.filter(shop=shop).values_list("state", flat=True)) == {"gone"}
