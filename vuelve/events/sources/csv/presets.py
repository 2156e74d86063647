"""Exports of stores and tools whose columns are known, and what a header probably means in es, pt and en."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from vuelve.events.sources.csv.contracts import Kind
from vuelve.events.sources.csv.fields import FIELDS
from vuelve.events.sources.csv.mapping import FileMap, normal
from vuelve.platform.errors import VuelveError


@dataclass(frozen=True, slots=True)
class Preset:
    """An export. A field may have several names for its column, one for each language of the export."""

    name: str
    label: str
    kind: Kind
    columns: Mapping[str, Sequence[str]]
    constants: Mapping[str, str] = field(default_factory=dict)
    skip: Mapping[str, Sequence[str]] = field(default_factory=dict)


PRESETS: tuple[Preset, ...] = (
    Preset(
        "shopify",
        "Shopify",
        Kind.ORDERS,
        {
            "order_id": ["Id"],
            "order_number": ["Name"],
            "ordered_at": ["Created at"],
            "email": ["Email"],
            "phone": ["Phone"],
            "name": ["Billing Name"],
            "currency": ["Currency"],
            "total": ["Total"],
            "subtotal": ["Subtotal"],
            "discount": ["Discount Amount"],
            "shipping": ["Shipping"],
            "tax": ["Taxes"],
            "coupon": ["Discount Code"],
            "payment_method": ["Payment Method"],
            "payment_status": ["Financial Status"],
            "source_name": ["Source"],
            "cancelled_at": ["Cancelled at"],
            "refunded": ["Refunded Amount"],
            "sku": ["Lineitem sku"],
            "product_name": ["Lineitem name"],
            "quantity": ["Lineitem quantity"],
            "price": ["Lineitem price"],
            "brand": ["Vendor"],
        },
        skip={"Financial Status": ["pending", "voided", "expired"]},
    ),
    Preset(
        "shopify",
        "Shopify",
        Kind.CUSTOMERS,
        {
            "user_id": ["Customer ID"],
            "email": ["Email"],
            "phone": ["Phone"],
            "first_name": ["First Name"],
            "last_name": ["Last Name"],
            "country": ["Default Address Country Code", "Country Code"],
            "city": ["Default Address City", "City"],
            "region": ["Default Address Province Code", "Province Code"],
            "postal_code": ["Default Address Zip", "Zip"],
            "tags": ["Tags"],
        },
    ),
    Preset(
        "shopify",
        "Shopify",
        Kind.PRODUCTS,
        {
            "product_id": ["Handle"],
            "name": ["Title"],
            "brand": ["Vendor"],
            "categories": ["Product Category", "Type"],
            "sku": ["Variant SKU"],
            "price": ["Variant Price"],
            "stock": ["Variant Inventory Qty"],
            "image_url": ["Image Src"],
        },
        skip={"Title": [""]},  # rows of further variants and images
    ),
    Preset(
        "tiendanube",
        "Tiendanube / Nuvemshop",
        Kind.ORDERS,
        {
            "order_id": ["Número de orden", "Número do Pedido"],
            "ordered_at": ["Fecha", "Data"],
            "email": ["Email", "E-mail"],
            "phone": ["Teléfono", "Telefone"],
            "name": ["Nombre del comprador", "Nome do comprador"],
            "currency": ["Moneda", "Moeda"],
            "total": ["Total"],
            "subtotal": ["Subtotal de productos", "Subtotal"],
            "discount": ["Descuento", "Desconto"],
            "shipping": ["Costo de envío", "Valor do Frete"],
            "coupon": ["Cupón de descuento", "Cupom de Desconto"],
            "payment_method": ["Medio de pago", "Forma de Pagamento"],
            "payment_status": ["Estado del pago", "Status do Pagamento"],
            "source_name": ["Canal"],
            "sku": ["SKU"],
            "product_name": ["Nombre del producto", "Nome do Produto"],
            "quantity": ["Cantidad del producto", "Quantidade Comprada"],
            "price": ["Precio del producto", "Valor do Produto"],
        },
        skip={
            "Estado del pago": ["Pendiente", "Anulado", "Rechazado"],
            "Status do Pagamento": ["Pendente", "Cancelado", "Recusado"],
        },
    ),
    Preset(
        "tiendanube",
        "Tiendanube / Nuvemshop",
        Kind.CUSTOMERS,
        {
            "name": ["Nombre", "Nome"],
            "email": ["Email", "E-mail"],
            "phone": ["Teléfono", "Telefone"],
            "city": ["Ciudad", "Cidade"],
            "region": ["Provincia o estado", "Estado"],
            "country": ["País"],
            "postal_code": ["Código postal", "CEP"],
        },
    ),
    Preset(
        "woocommerce",
        "WooCommerce",
        Kind.ORDERS,
        {
            "order_id": ["Order ID", "Order Number", "order_id", "order_number"],
            "ordered_at": ["Order Date", "order_date", "date"],
            "email": ["Email (Billing)", "billing_email", "Billing Email Address"],
            "phone": ["Phone (Billing)", "billing_phone"],
            "first_name": ["First Name (Billing)", "billing_first_name"],
            "last_name": ["Last Name (Billing)", "billing_last_name"],
            "country": ["Country Code (Billing)", "billing_country"],
            "currency": ["Order Currency", "order_currency"],
            "total": ["Order Total Amount", "order_total"],
            "subtotal": ["Order Subtotal Amount", "order_subtotal"],
            "discount": ["Cart Discount Amount", "cart_discount", "discount_total"],
            "shipping": ["Order Shipping Amount", "shipping_total", "order_shipping"],
            "tax": ["Order Total Tax Amount", "tax_total"],
            "refunded": ["Order Refund Amount", "refunded_total"],
            "coupon": ["Coupon Code", "coupon_code"],
            "payment_method": ["Payment Method Title", "payment_method_title"],
            "payment_status": ["Order Status", "status"],
            "sku": ["SKU", "item_sku"],
            "product_name": ["Item Name", "item_name"],
            "quantity": ["Quantity (- Refund)", "Quantity", "item_quantity"],
            "price": ["Item Cost", "item_price"],
        },
        skip={
            "Order Status": ["Pending payment", "Failed", "Draft", "Cancelled", "On hold"],
            "status": ["pending", "failed", "checkout-draft", "cancelled", "on-hold"],
        },
    ),
    Preset(
        "woocommerce",
        "WooCommerce",
        Kind.CUSTOMERS,
        {
            "name": ["Name"],
            "email": ["Email"],
            "created_at": ["Sign Up", "Sign up"],
            "country": ["Country / Region"],
            "city": ["City"],
            "region": ["Region"],
            "postal_code": ["Postal Code", "Postal code"],
        },
    ),
    Preset(
        "woocommerce",
        "WooCommerce",
        Kind.PRODUCTS,
        {
            "product_id": ["ID"],
            "sku": ["SKU"],
            "name": ["Name"],
            "categories": ["Categories"],
            "price": ["Regular price"],
            "stock": ["Stock"],
            "is_active": ["Published"],
        },
    ),
    Preset(
        "klaviyo",
        "Klaviyo",
        Kind.CUSTOMERS,
        {
            "email": ["Email"],
            "phone": ["Phone Number"],
            "first_name": ["First Name"],
            "last_name": ["Last Name"],
            "city": ["City"],
            "region": ["State / Region"],
            "country": ["Country"],
            "postal_code": ["Zip Code"],
            "created_at": ["Profile Created On", "Date Added"],
        },
    ),
    Preset(
        "mailchimp",
        "Mailchimp",
        Kind.CUSTOMERS,
        {
            "email": ["Email Address"],
            "phone": ["Phone Number"],
            "first_name": ["First Name"],
            "last_name": ["Last Name"],
            "country": ["CC"],
            "region": ["REGION"],
            "tags": ["TAGS"],
            "updated_at": ["LAST_CHANGED"],
        },
    ),
    Preset(
        "klaviyo",
        "Klaviyo",
        Kind.CONSENTS,
        {
            "email": ["Email"],
            "granted": ["Email Marketing Consent"],
            "time": ["Email Marketing Consent Timestamp", "Consent Timestamp"],
            "source": ["Source"],
        },
        constants={"channel": "email", "purpose": "marketing"},
    ),
    Preset(
        "mailchimp",
        "Mailchimp",
        Kind.CONSENTS,
        {"email": ["Email Address"], "time": ["CONFIRM_TIME", "OPTIN_TIME"]},
        constants={"channel": "email", "purpose": "marketing", "granted": "yes"},
    ),
    Preset(
        "mailchimp-unsubscribed",
        "Mailchimp (unsubscribed)",
        Kind.CONSENTS,
        {"email": ["Email Address"], "time": ["UNSUB_TIME"]},
        constants={"channel": "email", "purpose": "marketing", "granted": "no"},
    ),
)

# What stores and people call a column, normalised; where none of the presets fits.
_SYNONYMS: dict[str, str] = {
    "order_id": "order id|orderid|order|order no|order #|id pedido|pedido|pedido id|id do pedido|id orden|orden|"
    "id de orden|numero de pedido|numero de orden|numero do pedido|no pedido",
    "order_number": "order number|order name|folio",
    "ordered_at": "ordered at|order date|created at|date|fecha|data|fecha de compra|data da compra|fecha del pedido|"
    "data do pedido|purchase date|placed at|creado|criado em|fecha de creacion",
    "user_id": "user id|userid|customer id|id cliente|cliente id|id del cliente|id do cliente|external id",
    "email": "email|e mail|mail|correo|correo electronico|email address|customer email|email do cliente|"
    "correo del cliente|email del cliente",
    "phone": "phone|telefono|telefone|celular|movil|whatsapp|phone number|mobile|tel|fone|numero de telefono",
    "first_name": "first name|firstname|nombre|primer nombre|nome|given name",
    "last_name": "last name|lastname|apellido|apellidos|sobrenome|surname|family name",
    "name": "name|full name|nombre completo|nome completo|cliente|customer|customer name|nombre del cliente|"
    "nome do cliente",
    "products.name": "name|nombre|nome|producto|produto|product|titulo|title|articulo|nombre del producto|nome do produto",
    "country": "country|pais|country code",
    "currency": "currency|moneda|moeda|divisa",
    "total": "total|order total|importe|importe total|valor total|monto|monto total|amount|grand total",
    "subtotal": "subtotal",
    "discount": "discount|descuento|desconto|discounts",
    "shipping": "shipping|envio|frete|shipping cost|costo de envio|valor do frete",
    "tax": "tax|taxes|impuesto|impuestos|iva|imposto|impostos",
    "coupon": "coupon|coupon code|cupon|cupom|discount code|codigo de descuento",
    "payment_method": "payment method|medio de pago|metodo de pago|forma de pago|forma de pagamento",
    "payment_status": "payment status|financial status|estado del pago|status do pagamento",
    "source_name": "channel|canal|source name|sales channel|canal de venta",
    "cancelled_at": "cancelled at|canceled at|cancelado|fecha de cancelacion",
    "cancel_reason": "cancel reason|motivo de cancelacion",
    "refunded": "refunded|refunded amount|reembolso|reembolsado|amount refunded",
    "refunded_at": "refunded at|refund date",
    "product_id": "product id|id producto|id produto|producto id|handle|codigo|codigo de producto",
    "sku": "sku|referencia|ref|codigo sku",
    "product_name": "product|product name|producto|produto|articulo|item|nombre del producto|nome do produto|item name",
    "variant": "variant|variante",
    "quantity": "quantity|qty|cantidad|quantidade|unidades",
    "price": "price|precio|preco|unit price|precio unitario|preco unitario|item price",
    "amount": "line total|line amount|total linea|total da linha",
    "category": "category|categoria",
    "categories": "categories|categorias|categoria|category|product category",
    "brand": "brand|marca|vendor",
    "city": "city|ciudad|cidade",
    "region": "state|province|estado|provincia|region",
    "postal_code": "zip|postal code|cep|codigo postal|cp",
    "locale": "language|idioma|locale|lengua",
    "time_zone": "time zone|timezone|zona horaria|fuso horario",
    "birth_date": "birthday|birth date|date of birth|cumpleanos|fecha de nacimiento|nascimento|data de nascimento|"
    "aniversario",
    "tags": "tags|etiquetas",
    "updated_at": "updated at|actualizado|atualizado em|last modified|as of",
    "consent_time": "consent time|consent date|fecha de consentimiento|data do consentimento",
    "consent_source": "consent source|origen del consentimiento",
    "consent_wording": "consent wording|texto del consentimiento|texto do consentimento",
    "channel": "channel|canal",
    "purpose": "purpose|finalidad|finalidade|proposito",
    "granted": "granted|consent|status|estado|consentimiento|consentimento|suscrito|subscribed|inscrito",
    "time": "time|date|fecha|data|decided at|fecha y hora|consent date|consented at",
    "source": "source|origen|origem|fuente|fonte|form|formulario",
    "wording": "wording|text|texto|leyenda|frase",
    "stock": "stock|existencias|inventario|estoque|inventory",
    "is_active": "active|activo|ativo|published|publicado|visible",
    "image_url": "image|imagen|imagem|image url|image link|foto",
    "url": "url|link|enlace|permalink",
}  # fmt: skip


def presets_of(kind: Kind) -> list[Preset]:
    return [preset for preset in PRESETS if preset.kind == kind]


def find_preset(kind: Kind, name: str) -> Preset:
    """Raises VuelveError `bad_map`."""
    for preset in presets_of(kind):
        if preset.name == name:
            return preset
    raise VuelveError(
        "bad_map",
        f"There is no preset `{name[:40]}` for {kind}.",
        field="preset",
        hint=", ".join(preset.name for preset in presets_of(kind)),
    )


def columns_of(preset: Preset, header: Sequence[str]) -> dict[str, str]:
    """The preset's fields whose column the file has, by its own name of it."""
    own = {normal(name): name for name in reversed(header)}
    found = {}
    for name, choices in preset.columns.items():
        column = next((own[normal(choice)] for choice in choices if normal(choice) in own), None)
        if column is not None:
            found[name] = column
    return found


def apply_preset(map: FileMap, header: Sequence[str]) -> FileMap:
    """What the map states holds; the preset fills in the rest, of what the file has."""
    if not map.preset:
        return map
    preset = find_preset(map.kind, map.preset)
    columns = {
        name: column for name, column in columns_of(preset, header).items() if name not in map.constants
    }
    if map.kind == Kind.ORDERS and "order_id" not in columns and "order_number" in columns:
        columns["order_id"] = columns["order_number"]
    constants = {name: value for name, value in preset.constants.items() if name not in map.columns}
    return replace(
        map,
        columns={**columns, **map.columns},
        constants={**constants, **map.constants},
        skip=map.skip or _skip_of(preset, header),
    )


def _skip_of(preset: Preset, header: Sequence[str]) -> dict[str, Sequence[str]]:
    own = {normal(name): name for name in reversed(header)}
    return {own[normal(column)]: words for column, words in preset.skip.items() if normal(column) in own}


def best_preset(kind: Kind, header: Sequence[str]) -> Preset | None:
    """The export this is, if the header has nearly all of the columns that it is known by."""
    scored = [(len(columns_of(preset, header)) / len(preset.columns), preset) for preset in presets_of(kind)]
    score, best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    return best if best and score >= 0.75 and len(best.columns) > 2 else None


def suggest(kind: Kind, header: Sequence[str]) -> FileMap:
    """The map that the header suggests: a preset, then what its other columns are called."""
    preset = best_preset(kind, header)
    map = FileMap(kind=kind, preset=preset.name if preset else "")
    map = apply_preset(map, header)
    columns = dict(map.columns)
    taken = {normal(column) for column in columns.values()}
    own = {normal(name): name for name in reversed(header)}
    for spec in FIELDS[kind]:
        if spec.name in columns or spec.name in map.constants:
            continue
        synonyms = _SYNONYMS.get(f"{kind}.{spec.name}") or _SYNONYMS.get(spec.name, "")
        names = [normal(spec.name), *synonyms.split("|")]
        column = next((name for name in names if name in own and name not in taken), None)
        if column is not None and not preset:
            columns[spec.name] = own[column]
            taken.add(column)
    return replace(map, columns=columns)


def guess_kind(header: Sequence[str]) -> Kind:
    """Which kind explains most of the header; its required fields weigh most."""

    def score(kind: Kind) -> tuple[int, int]:
        found = suggest(kind, header)
        known = set(found.columns) | set(found.constants)
        required = [spec.name in known for spec in FIELDS[kind] if spec.is_required]
        return int(all(required) and bool(known - set(found.constants))), len(found.columns)

    return max((Kind.ORDERS, Kind.CONSENTS, Kind.PRODUCTS, Kind.CUSTOMERS), key=score)
