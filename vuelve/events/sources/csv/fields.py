"""What the columns of a file can mean, for each kind: the one table that mapping, pages and docs are made from."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from vuelve.events.sources.csv.contracts import Kind
from vuelve.platform.extension import Text


class Type(StrEnum):
    TEXT = "text"
    ID = "id"
    ORDER_ID = "order_id"
    EMAIL = "email"
    PHONE = "phone"
    AMOUNT = "amount"
    NUMBER = "number"
    QUANTITY = "quantity"
    CURRENCY = "currency"
    TIME = "time"
    BOOLEAN = "boolean"
    DECISION = "decision"
    URL = "url"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    label: Text
    type: Type = Type.TEXT
    is_required: bool = False
    is_line: bool = False  # of one article: rows of an order differ in it
    help: Text = ""


_WHO = (
    Field("user_id", _("Customer's id in the store"), Type.ID),
    Field("email", _("E-mail"), Type.EMAIL),
    Field("phone", _("Phone"), Type.PHONE),
)
_NAMES = (
    Field("first_name", _("First name")),
    Field("last_name", _("Last name")),
    Field("name", _("Whole name")),
    Field("country", _("Country")),
)

FIELDS: dict[Kind, tuple[Field, ...]] = {
    Kind.ORDERS: (
        Field("order_id", _("Order id"), Type.ORDER_ID, is_required=True, help=_("Unique in the shop.")),
        Field("order_number", _("Order number"), help=_("As people read it, e.g. #1001.")),
        Field("ordered_at", _("Ordered at"), Type.TIME, is_required=True),
        *_WHO,
        *_NAMES,
        Field("currency", _("Currency"), Type.CURRENCY),
        Field("total", _("Total"), Type.AMOUNT),
        Field("subtotal", _("Subtotal"), Type.AMOUNT, help=_("After discounts, without shipping and tax.")),
        Field("discount", _("Discount"), Type.AMOUNT),
        Field("shipping", _("Shipping"), Type.AMOUNT),
        Field("tax", _("Tax"), Type.AMOUNT),
        Field("coupon", _("Coupon code")),
        Field("payment_method", _("Payment method")),
        Field("payment_status", _("State of the payment")),
        Field("source_name", _("Sales channel")),
        Field("cancelled_at", _("Cancelled at"), Type.TIME),
        Field("cancel_reason", _("Reason of the cancellation")),
        Field("refunded", _("Amount refunded"), Type.AMOUNT),
        Field("refunded_at", _("Refunded at"), Type.TIME),
        Field("updated_at", _("As of"), Type.TIME, help=_("The newer state of an order holds.")),
        Field("product_id", _("Product id"), Type.ID, is_line=True),
        Field("sku", _("SKU"), Type.ID, is_line=True),
        Field("product_name", _("Product name"), is_line=True),
        Field("variant", _("Variant"), is_line=True),
        Field("quantity", _("Quantity"), Type.QUANTITY, is_line=True),
        Field("price", _("Price of one"), Type.AMOUNT, is_line=True),
        Field("amount", _("Amount of the line"), Type.AMOUNT, is_line=True),
        Field("category", _("Category"), is_line=True),
        Field("brand", _("Brand"), is_line=True),
    ),
    Kind.CUSTOMERS: (
        *_WHO,
        *_NAMES,
        Field("city", _("City")),
        Field("region", _("State or province")),
        Field("postal_code", _("Postal code")),
        Field("locale", _("Language")),
        Field("time_zone", _("Time zone")),
        Field("birth_date", _("Date of birth")),
        Field("created_at", _("Customer since"), Type.TIME),
        Field("tags", _("Tags")),
        Field("updated_at", _("As of"), Type.TIME, help=_("The newer value of a trait holds.")),
        Field("consent_email", _("Consent to e-mail"), Type.DECISION),
        Field("consent_sms", _("Consent to SMS"), Type.DECISION),
        Field("consent_whatsapp", _("Consent to WhatsApp"), Type.DECISION),
        Field("consent_time", _("Consent: when"), Type.TIME),
        Field("consent_source", _("Consent: where")),
        Field("consent_wording", _("Consent: words agreed to")),
    ),
    Kind.PRODUCTS: (
        Field("product_id", _("Product id"), Type.ID, is_required=True),
        Field("sku", _("SKU"), Type.ID),
        Field("name", _("Product name")),
        Field("categories", _("Categories"), Type.LIST),
        Field("brand", _("Brand")),
        Field("price", _("Price"), Type.AMOUNT),
        Field("currency", _("Currency"), Type.CURRENCY),
        Field("stock", _("Stock"), Type.NUMBER),
        Field("is_active", _("For sale"), Type.BOOLEAN),
        Field("image_url", _("Address of the image"), Type.URL),
        Field("url", _("Address of the page"), Type.URL),
        Field("updated_at", _("As of"), Type.TIME, help=_("The newer state of a product holds.")),
    ),
    Kind.CONSENTS: (
        *_WHO,
        Field("channel", _("Channel"), is_required=True, help="email, sms, whatsapp"),
        Field("purpose", _("Purpose"), help="marketing, loyalty, survey, transactional"),
        Field("granted", _("Granted or revoked"), Type.DECISION, is_required=True),
        Field("time", _("Decided at"), Type.TIME, is_required=True),
        Field("source", _("Where it was given"), help=_("E.g. the form on a page, the till of a shop.")),
        Field("wording", _("The words agreed to")),
    ),
}

TRAIT_TYPES = ("text", "number", "boolean", "time")


def field_of(kind: Kind, name: str) -> Field | None:
    return next((field for field in FIELDS[kind] if field.name == name), None)
