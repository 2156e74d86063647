"""What each kind of file becomes, in the words of the stores that export it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from vuelve.events.sources.csv.contracts import Kind
from vuelve.events.sources.csv.mapping import from_toml
from vuelve.events.sources.csv.presets import best_preset, guess_kind, suggest
from vuelve.events.sources.csv.tests.files import logged, run, write
from vuelve.platform.errors import VuelveError
from vuelve.shops.models import Shop

SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,"
    "Discount Code,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,"
    "Cancelled at,Payment Method,Refunded Amount,Vendor,Id,Source,Phone"
)
TIENDANUBE = (
    "Número de orden;Email;Fecha;Estado del pago;Moneda;Subtotal de productos;Descuento;Costo de envío;Total;"
    "Nombre del comprador;Teléfono;Medio de pago;Cupón de descuento;Nombre del producto;Precio del producto;"
    "Cantidad del producto;SKU;Canal"
)
MAILCHIMP = (
    "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,CC,REGION,LAST_CHANGED,TAGS"
)


def test_an_order_export_of_shopify(shop: Shop, tmp_path: Path) -> None:
    path = write(
        tmp_path / "orders.csv",
        SHOPIFY,
        "#1001,ana@example.com,paid,,fulfilled,no,MXN,90.00,10.00,0.00,100.00,HOLA,5.00,2026-01-05 10:11:12 -0600,"
        "1,Taza,50.00,T-1,Ana López,,card,0.00,Barro,5001,web,",
        "#1001,ana@example.com,,,,,,,,,,,,,1,Plato,40.00,P-1,,,,,,,,",
        "#1002,bea@example.com,pending,,,no,MXN,1,0,0,1,,,2026-01-05 10:11:12 -0600,1,Taza,1,T-1,,,,0.00,,5002,web,",
        "#1003,eva@example.com,refunded,,,no,MXN,50,0,0,50,,,2026-01-05 10:11:12 -0600,1,Taza,50,T-1,,"
        "2026-01-07 10:00:00 -0600,card,50.00,,5003,web,",
    )
    counts = run(shop, path, 'kind = "orders"\npreset = "shopify"')
    assert (counts.rows_refused, counts.rows_skipped) == (0, 1)
    events = logged(shop)
    assert [(event[0], event[1]) for event in events] == [
        ("Order Completed", "csv:orders:5001"),
        ("identify", "csv:orders:5001:customer"),
        ("Order Completed", "csv:orders:5003"),
        ("Order Cancelled", "csv:orders:5003:cancelled"),
        ("Order Refunded", "csv:orders:5003:refunded"),
    ]
    assert events[0][3] == {
        "order_id": "5001",
        "currency": "MXN",
        "total": "100.00",
        "subtotal": "90.00",
        "shipping": "10.00",
        "tax": "0.00",
        "discount": "5.00",
        "order_number": "#1001",
        "coupon": "HOLA",
        "payment_method": "card",
        "source_name": "web",
        "email": "ana@example.com",
        "payments": [{"payment_id": "import", "state": "paid"}],
        "products": [
            {"sku": "T-1", "name": "Taza", "quantity": "1", "price": "50.00", "brand": "Barro"},
            {"sku": "P-1", "name": "Plato", "quantity": "1", "price": "40.00"},
        ],
    }
    assert events[1][3] == {"name": "Ana López", "email": "ana@example.com"}
    assert events[4][3] == {"order_id": "5003", "refund_id": "import", "total": "50.00", "currency": "MXN"}
    assert events[4][5] == datetime(2026, 1, 7, 16, tzinfo=UTC)


def test_an_order_export_of_tiendanube_in_latin_1_with_semicolons(shop: Shop, tmp_path: Path) -> None:
    path = write(
        tmp_path / "ventas.csv",
        TIENDANUBE,
        '104;josé@example.com;25/01/2026 09:30:00;Pagado;ARS;"1.234,50";0,00;100,00;"1.334,50";José Núñez;'
        "+5491155550000;Tarjeta;;Maté;617,25;2;M-1;Tienda online",
        "104;josé@example.com;;;;;;;;;;;;Bombilla;0,00;1;B-1;",
        encoding="cp1252",
    )
    counts = run(
        shop, path, 'kind = "orders"\npreset = "tiendanube"\ntime_zone = "America/Argentina/Buenos_Aires"'
    )
    assert counts.samples == []
    order = logged(shop)[0]
    assert order[2] == "josé@example.com"
    assert order[5] == datetime(2026, 1, 25, 12, 30, tzinfo=UTC)
    assert (order[3]["total"], order[3]["currency"]) == ("1334.50", "ARS")
    assert [line["name"] for line in order[3]["products"]] == ["Maté", "Bombilla"]


def test_customers_with_traits_of_their_own(shop: Shop, tmp_path: Path) -> None:
    path = write(
        tmp_path / "c.csv",
        "Cliente ID,Correo,Teléfono,Nombre,Apellido,Ciudad,Talla,VIP,Visto",
        "7,ana@example.com,+525512345678,Ana,López,CDMX,38.5,sí,2026-02-01",
        ",,5512345678,Bea,,,,,",
        ",,,Nadie,,,,,",
    )
    counts = run(
        shop,
        path,
        """
        kind = "customers"
        [columns]
        user_id = "Cliente ID"
        email = "Correo"
        phone = "Teléfono"
        first_name = "Nombre"
        last_name = "Apellido"
        city = "Ciudad"
        [traits]
        shoe_size = {column = "Talla", type = "number"}
        vip = {column = "VIP", type = "boolean"}
        seen = {column = "Visto", type = "time"}
        """,
    )
    assert counts.reasons == {"identity_missing": 1}
    ana, bea = logged(shop)
    assert ana[3] == {
        "email": "ana@example.com",
        "phone": "+525512345678",
        "first_name": "Ana",
        "last_name": "López",
        "address": {"city": "CDMX"},
        "shoe_size": 38.5,
        "vip": True,
        "seen": "2026-02-01T06:00:00+00:00",
    }
    assert bea[1].startswith("csv:customers:+525512345678:")
    changed = write(tmp_path / "c2.csv", "Correo,Nombre", "ana@example.com,Anita", "ana@example.com,Anita")
    again = run(shop, changed, 'kind = "customers"\n[columns]\nemail = "Correo"\nfirst_name = "Nombre"')
    assert (again.events_new, again.events_repeated) == ({"identify": 1}, {"identify": 1})


PROOF = """
[proof]
i_have_proof = true
source = "Formulario de la tienda"
wording = "Quiero recibir novedades por correo"
time = "2025-06-01"
"""
CONSENTS = """
kind = "consents"
[columns]
email = "mail"
granted = "ok"
time = "when"
source = "where"
wording = "words"
[constants]
channel = "email"
"""


def test_a_consent_without_its_proof_is_refused(shop: Shop, tmp_path: Path) -> None:
    path = write(
        tmp_path / "k.csv",
        "mail,ok,when,where,words",
        "a@example.com,yes,2026-01-01,Checkout,I want news",
        "b@example.com,yes,2026-01-01,Checkout,",
        "c@example.com,yes,,Checkout,I want news",
        "d@example.com,no,2026-01-01,,",
        "e@example.com,never_subscribed,,,",
    )
    counts = run(shop, path, CONSENTS)
    assert (counts.reasons, counts.rows_skipped) == ({"proof_missing": 2}, 1)
    granted, revoked = logged(shop)
    assert (granted[0], granted[2]) == ("Consent Granted", "a@example.com")
    assert granted[3] == {
        "channel": "email",
        "purpose": "marketing",
        "source": "Checkout",
        "wording": "I want news",
    }
    assert (revoked[0], revoked[2]) == ("Consent Revoked", "d@example.com")


def test_who_imports_consents_without_proof_must_state_that_they_have_it(shop: Shop, tmp_path: Path) -> None:
    path = write(
        tmp_path / "m.csv", MAILCHIMP, "a@example.com,Ana,,2,,2025-05-05 10:00:00,MX,CMX,2026-01-01 00:00:00,"
    )
    map = 'kind = "consents"\npreset = "mailchimp"\n'
    for lacking in ("", PROOF.replace("true", "false"), PROOF.replace("Formulario de la tienda", "")):
        with pytest.raises(VuelveError) as caught:
            run(shop, path, map + lacking)
        assert caught.value.code == "proof_missing"
    assert logged(shop) == []
    run(shop, path, map + PROOF)
    [granted] = logged(shop)
    assert granted[3] == {
        "channel": "email",
        "purpose": "marketing",
        "source": "Formulario de la tienda",
        "wording": "Quiero recibir novedades por correo",
        "stated_by_importer": True,
    }
    assert granted[5] == datetime(2025, 5, 5, 16, tzinfo=UTC)


def test_products(shop: Shop, tmp_path: Path) -> None:
    path = write(
        tmp_path / "p.csv",
        "codigo,producto,precio,categorias,existencias,imagen",
        'P1,Taza,"99,90",Cocina > Tazas,12,https://example.com/t.jpg',
        ",Sin código,1,,,",
    )
    counts = run(
        shop,
        path,
        suggest(Kind.PRODUCTS, ["codigo", "producto", "precio", "categorias", "existencias", "imagen"]),
    )
    assert counts.reasons == {"product_id_missing": 1}
    [product] = logged(shop)
    assert product[3] == {
        "product_id": "P1",
        "name": "Taza",
        "categories": ["Cocina", "Tazas"],
        "price": "99.90",
        "stock": 12,
        "image_url": "https://example.com/t.jpg",
        "currency": "MXN",
    }


@pytest.mark.parametrize(
    ("toml", "code", "field"),
    [
        ('kind = "cows"', "bad_map", "kind"),
        ("kind = ", "bad_map", None),
        ('kind = "orders"\n[columns]\ncolour = "x"', "bad_map", "colour"),
        ('kind = "orders"\nspeed = 3', "bad_map", "speed"),
        ('kind = "orders"\ndecimal = "x"', "bad_map", "decimal"),
        ('kind = "orders"\ntime_zone = "Mars/Olympus"', "bad_map", "time_zone"),
        ('kind = "orders"\ncurrency = "DOGE"', "bad_map", "currency"),
        ('kind = "orders"\npreset = "amazon"', "bad_map", "preset"),
        ('kind = "orders"\n[columns]\norder_id = "id"\nordered_at = "at"', "identity_missing", "email"),
        ('kind = "orders"\n[columns]\norder_id = "id"\nemail = "email"', "field_missing", "ordered_at"),
        (
            'kind = "orders"\n[columns]\norder_id = "id"\nordered_at = "at"\nemail = "mail"',
            "column_missing",
            "email",
        ),
        (
            'kind = "products"\n[columns]\nproduct_id = "id"\n[constants]\nprice = "dear"',
            "bad_map",
            "constants.price",
        ),
    ],
)
def test_a_map_that_is_wrong_says_where(
    shop: Shop, tmp_path: Path, toml: str, code: str, field: str | None
) -> None:
    path = write(tmp_path / "x.csv", "id,at,email", "1,2026-01-01,a@example.com")
    with pytest.raises(VuelveError) as caught:
        run(shop, path, toml)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert logged(shop) == []


def test_headers_in_three_languages_are_understood() -> None:
    for header in (
        ["Pedido", "Fecha", "Correo electrónico", "Importe total", "Artículo", "Cantidad", "Precio"],
        ["Número do pedido", "Data", "E-mail", "Valor total", "Produto", "Quantidade", "Preço"],
        ["Order ID", "Order Date", "Email", "Total", "Product", "Qty", "Unit price"],
    ):
        assert guess_kind(header) == Kind.ORDERS
        assert set(suggest(Kind.ORDERS, header).columns) == {
            "order_id", "ordered_at", "email", "total", "product_name", "quantity", "price",
        }  # fmt: skip
    preset = best_preset(Kind.ORDERS, SHOPIFY.split(","))
    assert preset is not None
    assert preset.name == "shopify"
    assert guess_kind(TIENDANUBE.split(";")) == Kind.ORDERS
    assert guess_kind(["Email Address", "First Name", "LAST_CHANGED", "CC"]) == Kind.CUSTOMERS
    assert from_toml('kind = "orders"\ndelimiter = "tab"').delimiter == "\t"
