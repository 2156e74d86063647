"""Data > Imports: from the upload to orders, customers and consents, and who may do what."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from vuelve.events.sources.csv import store, uploading
from vuelve.events.sources.csv.store import Import
from vuelve.platform import env, jobs
from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Role, Shop
from vuelve.shops.tests.people import another_shop, browser_of, make_member
from vuelve.testing import drain

ORDERS = (
    "Pedido;Fecha;Correo electrónico;Nombre completo;Total;Artículo;Cantidad;Precio\n"
    "1001;05/01/2026;ana@example.com;Ana Peña;1.250,50;Té;1;1.250,50\n"
    "1002;13/01/2026;bea@example.com;Bea Núñez;99,00;Taza;2;49,50\n"
    "1003;14/01/2026;not an address;Eva;10,00;Taza;1;10,00\n"
).encode("cp1252")


def _send(browser: Client, shop: Shop, content: bytes, name: str = "ventas.csv") -> HttpResponse:
    return browser.post(  # type: ignore[return-value]
        f"/s/{shop.slug}/data/imports/upload", {"file": SimpleUploadedFile(name, content, "text/csv")}
    )


def _upload(browser: Client, shop: Shop, content: bytes = ORDERS) -> int:
    response = _send(browser, shop, content)
    assert response.status_code == 302, response.content
    found = re.search(r"/imports/(\d+)/columns", response["Location"])
    assert found, response["Location"]
    return int(found[1])


def _get(shop: Shop, import_id: int) -> Import:
    with for_shop(ShopId(shop.pk)) as cursor:
        return store.get(cursor, ShopId(shop.pk), import_id)


def _form(page: str) -> dict[str, str]:
    """What the browser would send of the page's form."""
    page = page[page.index('id="import-columns"') :]
    fields = {}
    for select in re.finditer(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', select[2])
        fields[select[1]] = chosen[1].replace("&#x27;", "'") if chosen else ""
    for given in re.finditer(r'<input class="input"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page):
        fields[given[1]] = given[2]
    if 'name="skip"' in page:
        fields["skip"] = "1"
    return fields


def _rows(shop: Shop, query: str) -> list[tuple[object, ...]]:
    with for_shop(ShopId(shop.pk)) as cursor:
        return cursor.execute(query, [shop.pk]).fetchall()


def test_a_file_goes_through_the_pages_into_orders_and_customers(shop: Shop) -> None:
    browser = browser_of(make_member(shop))
    assert "Aún no hay importaciones" in browser.get(f"/s/{shop.slug}/data/imports/").content.decode()
    import_id = _upload(browser, shop)
    base = f"/s/{shop.slug}/data/imports/{import_id}"
    page = browser.get(f"{base}/columns").content.decode()
    assert "ana@example.com" in page
    assert "Ana Peña" in page
    fields = _form(page)
    assert (fields["kind"], fields["encoding"], fields["delimiter"], fields["decimal"], fields["dates"]) == (
        "orders", "cp1252", ";", ",", "dmy",
    )  # fmt: skip
    assert (fields["field.order_id"], fields["field.total"]) == ("c:Pedido", "c:Total")

    assert browser.post(f"{base}/columns", fields | {"action": "check"}).status_code == 302
    assert _rows(shop, "SELECT count(*) FROM events_event WHERE shop_id = %s") == [(0,)]
    jobs.run_pending()
    assert _rows(shop, "SELECT count(*) FROM events_event WHERE shop_id = %s") == [(0,)]
    page = browser.get(base).content.decode()
    assert "2 pedidos, 2 perfiles de cliente" in page
    assert _get(shop, import_id).checked is not None

    browser.post(f"{base}/start")
    browser.post(f"{base}/start")  # a second press changes nothing
    jobs.run_pending()
    page = browser.get(base).content.decode()
    assert "Listo" in page
    job = _get(shop, import_id)
    assert (job.counts.rows_read, job.counts.rows_refused) == (3, 1)
    rejected = b"".join(browser.get(f"{base}/rejects"))
    assert b"4;bad_email" in rejected
    drain(real.now())
    orders = _rows(
        shop,
        "SELECT order_id, total_minor, currency FROM commerce_order WHERE shop_id = %s ORDER BY order_id",
    )
    assert orders == [("1001", 125050, "MXN"), ("1002", 9900, "MXN")]
    names = _rows(shop, "SELECT email, name FROM customers_customer WHERE shop_id = %s ORDER BY email")
    assert names == [("ana@example.com", "Ana Peña"), ("bea@example.com", "Bea Núñez")]
    actions = [
        row[0] for row in _rows(shop, "SELECT action FROM shops_auditentry WHERE shop_id = %s ORDER BY id")
    ]
    assert actions == ["File Uploaded", "Import Started", "File Imported", "Refused Rows Downloaded"]


def test_the_file_is_for_vuelve_alone_and_goes_after_its_time(shop: Shop) -> None:
    browser = browser_of(make_member(shop))
    import_id = _upload(browser, shop)
    job = _get(shop, import_id)
    assert job.path.parent == env.home() / "imports" / str(shop.pk)
    assert (job.path.stat().st_mode & 0o777, job.path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert uploading.forget_old_files(shop=ShopId(shop.pk), now=real.now(), rows=10) == 0
    later = datetime(2100, 1, 1, tzinfo=UTC)
    assert uploading.forget_old_files(shop=ShopId(shop.pk), now=later, rows=10) == 1
    assert not job.path.exists()
    assert not _get(shop, import_id).is_file_kept


def test_an_upload_can_be_thrown_away(shop: Shop) -> None:
    browser = browser_of(make_member(shop))
    import_id = _upload(browser, shop)
    path = _get(shop, import_id).path
    browser.post(f"/s/{shop.slug}/data/imports/{import_id}/drop")
    assert not path.exists()
    assert _rows(shop, "SELECT count(*) FROM events_import WHERE shop_id = %s") == [(0,)]


def test_consents_ask_for_their_proof(shop: Shop) -> None:
    browser = browser_of(make_member(shop))
    import_id = _upload(browser, shop, b"Email,Status,When\nana@example.com,subscribed,2026-01-05\n")
    base = f"/s/{shop.slug}/data/imports/{import_id}/columns"
    fields = {
        "kind": "consents",
        "encoding": "utf-8",
        "delimiter": ",",
        "decimal": ".",
        "dates": "iso",
        "field.email": "c:Email",
        "field.granted": "c:Status",
        "field.time": "c:When",
        "field.channel": "v:email",
        "action": "check",
    }
    browser.post(base, {"kind": "consents"})
    page = browser.post(base, fields).content.decode()
    assert "Un consentimiento necesita su prueba" in page
    assert _get(shop, import_id).status == "draft"
    proof = {"proof.source": "Caja", "proof.wording": "Quiero noticias", "proof.time": "2026-01-01"}
    assert browser.post(base, fields | proof).status_code == 200  # nobody has stated to have the proof
    assert browser.post(base, fields | proof | {"proof.i_have_proof": "on"}).status_code == 302
    jobs.run_pending()
    browser.post(f"/s/{shop.slug}/data/imports/{import_id}/start")
    jobs.run_pending()
    drain(real.now())
    assert _rows(
        shop, "SELECT channel, purpose, is_granted, source, wording FROM customers_consent WHERE shop_id = %s"
    ) == [("email", "marketing", True, "Caja", "Quiero noticias")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "El archivo está vacío"),
        (b"ana@example.com,1\n", "no nombra las columnas"),
        (b'"a,b\n1,2\n', "no se puede leer"),
        (b",".join(b"c%d" % n for n in range(10_000)), "demasiadas columnas"),
    ],
)
def test_a_file_that_is_none_is_refused_and_not_kept(shop: Shop, content: bytes, said: str) -> None:
    browser = browser_of(make_member(shop))
    response = _send(browser, shop, content)
    assert said in browser.get(response["Location"]).content.decode()
    assert list((env.home() / "imports" / str(shop.pk)).glob("*")) == []


def test_a_file_past_the_limit_is_refused_and_not_kept(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vuelve.platform.limits.CSV_UPLOAD_BYTES_MAX", 100)
    assert _send(browser_of(make_member(shop)), shop, ORDERS).status_code == 413
    assert list((env.home() / "imports" / str(shop.pk)).glob("*")) == []


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.ANALYST, Role.VIEWER])
def test_who_may_not_import(shop: Shop, role: Role) -> None:
    import_id = _upload(browser_of(make_member(shop)), shop)
    browser = browser_of(make_member(shop, role=role))
    base = f"/s/{shop.slug}/data/imports"
    assert _send(browser, shop, ORDERS).status_code == 403
    for path in ("columns", "start", "drop"):
        assert browser.post(f"{base}/{import_id}/{path}").status_code == 403
    assert browser.get(f"{base}/{import_id}/columns").status_code == 403
    assert browser.get(f"{base}/{import_id}/rejects").status_code == 403
    page = browser.get(f"{base}/").content.decode()
    assert 'type="file"' not in page
    assert _get(shop, import_id).status == "draft"


def test_imports_of_another_shop_are_not_found(shop: Shop) -> None:
    import_id = _upload(browser_of(make_member(shop)), shop)
    other = another_shop()
    browser = browser_of(make_member(other))
    base = f"/s/{other.slug}/data/imports/{import_id}"
    assert [browser.get(url).status_code for url in (base, f"{base}/columns", f"{base}/rejects")] == [404] * 3
    assert browser.post(f"{base}/start").status_code == 404
    assert browser.get(f"/s/{shop.slug}/data/imports/{import_id}").status_code == 404


def test_a_file_that_was_changed_stops_the_import(shop: Shop) -> None:
    browser = browser_of(make_member(shop))
    import_id = _upload(browser, shop)
    job = _get(shop, import_id)
    fields = _form(browser.get(f"/s/{shop.slug}/data/imports/{import_id}/columns").content.decode())
    browser.post(f"/s/{shop.slug}/data/imports/{import_id}/columns", fields | {"action": "check"})
    jobs.run_pending()
    Path(job.path).write_bytes(ORDERS + b"1004;x;y;z;1;a;1;1\n")
    browser.post(f"/s/{shop.slug}/data/imports/{import_id}/start")
    jobs.run_pending()
    page = browser.get(f"/s/{shop.slug}/data/imports/{import_id}").content.decode()
    assert "El archivo ha cambiado" in page
    assert _rows(shop, "SELECT count(*) FROM events_event WHERE shop_id = %s") == [(0,)]
