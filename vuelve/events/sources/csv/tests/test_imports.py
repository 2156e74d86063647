"""Files into the log: what becomes of good rows, of bad ones, of the same file twice, and of a run that is cut off."""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vuelve.events.sources.csv import running, store
from vuelve.events.sources.csv.tests.files import (
    ORDERS,
    as_json,
    begin,
    go_on,
    keys_left,
    logged,
    rejected,
    run,
    write,
)
from vuelve.platform import limits
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop

HEADER = "id,at,email,total,sku,qty,price"


def test_rows_of_an_order_become_one_event(shop: Shop, tmp_path: Path) -> None:
    path = write(
        tmp_path / "o.csv",
        HEADER,
        "1,2026-01-05 10:00:00 -0600,ana@example.com,30.00,A,1,10.00",
        ",,,,B,2,10.00",
        "2,2026-01-06,BEA@example.com,5,C,1,5",
    )
    counts = run(shop, path, ORDERS)
    assert (counts.rows_read, counts.rows_refused, counts.events_new) == (3, 0, {"Order Completed": 2})
    first, second = logged(shop)
    assert first[:3] == ("Order Completed", "csv:orders:1", "ana@example.com")
    assert first[3] == {
        "order_id": "1",
        "currency": "MXN",
        "total": "30.00",
        "email": "ana@example.com",
        "products": [
            {"sku": "A", "quantity": "1", "price": "10.00"},
            {"sku": "B", "quantity": "2", "price": "10.00"},
        ],
    }
    assert first[4] is True
    assert first[5] == datetime(2026, 1, 5, 16, tzinfo=UTC)
    assert second[2] == "bea@example.com"
    assert second[5] == datetime(2026, 1, 6, 6, tzinfo=UTC)  # midnight in the shop's zone


def test_the_same_file_and_one_that_overlaps_do_nothing_twice(shop: Shop, tmp_path: Path) -> None:
    rows = [f"{n},2026-01-05,c{n}@example.com,10,A,1,10" for n in range(10)]
    run(shop, write(tmp_path / "1.csv", HEADER, *rows[:7]), ORDERS)
    again = run(shop, write(tmp_path / "2.csv", HEADER, *rows[:7]), ORDERS)
    assert again.events_new == {"Order Completed": 0}
    assert again.events_repeated == {"Order Completed": 7}
    more = run(shop, write(tmp_path / "3.csv", HEADER, *rows[4:]), ORDERS)
    assert more.events_new == {"Order Completed": 3}
    assert len(logged(shop)) == 10


def test_a_bad_row_refuses_its_whole_order_and_no_other(shop: Shop, tmp_path: Path) -> None:
    path = write(
        tmp_path / "o.csv",
        HEADER,
        "1,2026-01-05,a@example.com,30,A,1,10",
        "1,2026-01-05,a@example.com,30,B,-2,10",
        "2,2026-01-05,b@example.com,5,C,1,5",
        "3,2026-01-05,c@example.com,5,C,1",
        "4,2026-01-05,d@example.com,5,C,1,5",
        '5,2026-01-05,e@example.com,5,"C,1,5',
        "6,yesterday,f@example.com,5,C,1,5",
        "7,2026-01-05,,5,C,1,5",
        "8,2026-01-05,h@example.com,,,,",
        "9,2026-01-05,i@example.com,5,C,1,5",
        "9,2026-01-05,other@example.com,5,C,1,5",
    )
    counts = run(shop, path, ORDERS)
    assert sorted(event[1] for event in logged(shop)) == ["csv:orders:2", "csv:orders:4"]
    assert (counts.rows_read, counts.rows_refused) == (11, 9)
    header, *lines = rejected(path)
    assert header == ["line", "code", "column", "reason", *HEADER.split(",")]
    assert [(line[0], line[1], line[2]) for line in lines] == [
        ("2", "negative", "qty"),
        ("3", "negative", "qty"),
        ("5", "ragged_row", ""),
        ("7", "quote_never_closes", ""),
        ("8", "not_a_time", "at"),
        ("9", "identity_missing", ""),
        ("10", "total_missing", "total"),
        ("11", "rows_disagree", "email"),
        ("12", "rows_disagree", "email"),
    ]
    assert lines[0][3].startswith("Because of line 3:")
    assert lines[2][4:] == ["3", "2026-01-05", "c@example.com", "5", "C", "1"]
    assert [sample["line"] for sample in counts.samples] == [3, 5, 7, 8, 9, 10, 12]


def test_a_row_that_cannot_be_read_spoils_the_orders_it_may_belong_to(shop: Shop, tmp_path: Path) -> None:
    path = write(
        tmp_path / "o.csv",
        HEADER,
        "1,2026-01-05,a@example.com,30,A,1,10",
        ",,,,B",  # an article of order 1
        ",,,,C,1,10",
        "2,2026-01-05,b@example.com,5,C,1,5",
        '"never,closed',  # whose it is nobody knows: the last of 2, or the first of 3
        "3,2026-01-05,c@example.com,5,C,1,5",
        "4,2026-01-05,d@example.com,5,C,1,5",
    )
    counts = run(shop, path, ORDERS)
    assert [event[1] for event in logged(shop)] == ["csv:orders:4"]
    assert counts.rows_refused == 6


def test_rows_of_an_order_that_lie_apart_are_refused(shop: Shop, tmp_path: Path) -> None:
    path = write(
        tmp_path / "o.csv",
        HEADER,
        "1,2026-01-05,a@example.com,30,A,1,10",
        "2,2026-01-05,b@example.com,5,C,1,5",
        "1,2026-01-05,a@example.com,30,B,2,10",
    )
    import_id = begin(shop, path, ORDERS)
    counts = go_on(shop, import_id)
    assert counts.reasons == {"order_rows_apart": 1}
    assert len(logged(shop)) == 2
    store.finish(shop=ShopId(shop.pk), import_id=import_id, now=datetime(2026, 3, 1, tzinfo=UTC))
    assert keys_left(shop) == 0


def test_an_order_past_the_bound_is_refused_whole(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ORDER_LINES_MAX", 3)
    monkeypatch.setattr(limits, "CSV_BATCH_ROWS", 2)
    row = "1,2026-01-05,a@example.com,30,A,1,10"
    path = write(tmp_path / "o.csv", HEADER, *[row] * 10, "2,2026-01-05,b@example.com,5,C,1,5")
    counts = run(shop, path, ORDERS)
    assert [event[1] for event in logged(shop)] == ["csv:orders:2"]
    assert counts.rows_refused == 10
    assert len(rejected(path)) == 11


def test_a_dry_run_counts_the_same_and_writes_nothing(shop: Shop, tmp_path: Path) -> None:
    path = write(
        tmp_path / "o.csv",
        HEADER,
        "1,2026-01-05,a@example.com,30,A,1,10",
        "2,2026-01-05,not an address,5,C,1,5",
        "3,2026-01-05,b@example.com,5,C,1,5",
        "1,2026-01-05,a@example.com,30,B,1,10",
    )
    import_id = begin(shop, path, ORDERS)
    dry = go_on(shop, import_id, is_dry=True)
    assert logged(shop) == []
    assert keys_left(shop) == 0
    assert not path.with_name("o.csv.rejects.csv").exists()
    with for_shop(ShopId(shop.pk)) as cursor:
        assert store.get(cursor, ShopId(shop.pk), import_id).offset_bytes == 0
    assert (dry.people, dry.people_known) == (2, 0)
    dry.people = 0  # only dry runs count them
    assert as_json(dry) == as_json(go_on(shop, import_id))


class _CutError(Exception):
    pass


@pytest.mark.parametrize("every", [1, 2, 5])
def test_cut_off_after_any_batch_it_goes_on_where_it_was(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    monkeypatch.setattr(limits, "CSV_BATCH_ROWS", every)
    lines = []
    for n in range(12):
        lines += [f"{n},2026-01-05,c{n}@example.com,20,A,1,10", ",,,,B,1,10"]
        lines += ['"x', "bad"] if n % 4 == 3 else []
    path = write(tmp_path / "o.csv", HEADER, *lines)
    whole = run(shop, path, ORDERS)
    expected, refused = len(logged(shop)), rejected(path)

    other = _other_shop()
    path.with_name("o.csv.rejects.csv").unlink()
    import_id = begin(other, path, ORDERS)

    dice = random.Random(every)

    def cut(_offset: int, _counts: object) -> None:
        if dice.random() < 0.3:
            raise _CutError

    counts = None
    for _attempt in range(500):
        # What a killed run wrote past the length that counts must not stay.
        rejects = path.with_name("o.csv.rejects.csv")
        if rejects.exists():
            with rejects.open("ab") as stream:
                stream.write(b"half a li")
        try:
            counts = go_on(other, import_id, on_progress=cut)
            break
        except _CutError:
            with for_shop(ShopId(other.pk)) as cursor:
                job = store.get(cursor, ShopId(other.pk), import_id)
            if job.offset_bytes >= job.size_bytes:
                counts = job.counts
                break
    assert counts is not None
    assert as_json(counts) == as_json(whole)
    assert len(logged(other)) == expected
    assert rejected(path) == refused


def _other_shop() -> Shop:
    from vuelve.testing import make_shop

    return make_shop()


def test_a_file_that_has_changed_is_not_gone_on_with(shop: Shop, tmp_path: Path) -> None:
    path = write(tmp_path / "o.csv", HEADER, "1,2026-01-05,a@example.com,30,A,1,10")
    import_id = begin(shop, path, ORDERS)
    write(path, HEADER, "1,2026-01-05,a@example.com,31,A,1,10")
    with pytest.raises(VuelveError) as caught:
        go_on(shop, import_id)
    assert caught.value.code == "file_changed"
    assert logged(shop) == []


def test_a_second_process_at_the_same_import_is_refused(shop: Shop, tmp_path: Path) -> None:
    path = write(tmp_path / "o.csv", HEADER, "1,2026-01-05,a@example.com,30,A,1,10")
    import_id = begin(shop, path, ORDERS)
    with for_shop(ShopId(shop.pk)) as cursor, pytest.raises(VuelveError) as caught:
        store.hold(cursor, ShopId(shop.pk), import_id, offset=17)
    assert caught.value.code == "import_moved"


def test_an_import_of_another_shop_is_not_found(shop: Shop, tmp_path: Path) -> None:
    path = write(tmp_path / "o.csv", HEADER, "1,2026-01-05,a@example.com,30,A,1,10")
    import_id = begin(shop, path, ORDERS)
    with pytest.raises(VuelveError) as caught:
        running.run(
            shop=ShopId(_other_shop().pk),
            import_id=import_id,
            clock=VirtualClock(datetime(2026, 3, 1, tzinfo=UTC)),
        )
    assert caught.value.code == "not_found"
    assert logged(shop) == []


def test_refused_rows_mended_are_imported_by_the_same_map(shop: Shop, tmp_path: Path) -> None:
    map = (
        'kind = "orders"\nencoding = "cp1252"\ndelimiter = ";"\n[columns]\norder_id = "Número"\nordered_at = "at"\n'
        'email = "mail"\ntotal = "total"\n'
    )
    path = write(
        tmp_path / "o.csv",
        "Número;at;mail;total",
        "1;2026-01-05;ñoño;5,50",
        "2;2026-01-05;b@example.com;5,50",
        encoding="cp1252",
    )
    assert run(shop, path, map).reasons == {"bad_email": 1}
    refused = path.with_name("o.csv.rejects.csv")
    mended = refused.with_name("mended.csv")
    mended.write_bytes(refused.read_bytes().replace("ñoño".encode(), b"a@example.com"))
    assert run(shop, mended, map).events_new == {"Order Completed": 1}
    assert [event[3]["total"] for event in logged(shop)] == ["5.50", "5.50"]
