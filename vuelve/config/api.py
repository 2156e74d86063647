"""The public API under /api/v1: OpenAPI at /api/v1/openapi.json."""

from tempfile import SpooledTemporaryFile
from typing import Any, Literal

from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.security import HttpBasicAuth

from vuelve import __version__
from vuelve.customers.queries_privacy import report
from vuelve.customers.services import disclosing, erasing
from vuelve.loyalty.api import router as loyalty
from vuelve.platform import clock
from vuelve.platform.db import Statements, for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.http import error_response
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.shops.models import KeyKind
from vuelve.shops.services import shop_of_key

SQL = Statements(__file__)
COPY_BYTES_IN_MEMORY = 4 * 1024 * 1024


class SecretKey(HttpBasicAuth):
    """The secret key as the user name; the password is empty."""

    def authenticate(self, request: HttpRequest, username: str, password: str) -> ShopId | None:
        if not username or "\x00" in username:
            return None
        return shop_of_key(secret=username, kind=KeyKind.SECRET)


api = NinjaAPI(title="Vuelve", version=__version__, auth=SecretKey(), docs_url=None, urls_namespace="api")

api.add_router("", loyalty)


@api.exception_handler(VuelveError)
def on_error(request: HttpRequest, error: VuelveError) -> HttpResponse:
    return error_response(error)


class Stats(Schema):
    customers: int
    orders: int
    events: int
    runs: int
    messages: int


@api.get("/stats", response=Stats, summary="Exact counts of the shop")
def stats(request: HttpRequest) -> Stats:
    """`events` are those received from outside; merged customers count once."""
    shop = _shop(request)
    with for_shop(shop) as cursor:
        row = cursor.execute(SQL["stats"], {"shop": shop}).fetchone()
    assert row is not None
    return Stats(customers=row[0], orders=row[1], events=row[2], runs=row[3], messages=row[4])


class Erasure(Schema):
    """A request to erase a customer, and its report. `rows`: erased or made nameless, by table."""

    id: int
    customer_id: int
    state: str
    requested_by: str
    requested_at: str
    erased_at: str | None
    finished_at: str | None
    rows: dict[str, int]
    verification: dict[str, Any]


@api.get("/customers/{customer_id}/export", summary="All that is kept of a customer", response={200: None})
def export_customer(
    request: HttpRequest, customer_id: int, format: Literal["json", "zip"] = "json"
) -> FileResponse:
    """With where each trait, consent and event came from. `zip` holds the same document, and a CSV file a section."""
    make = disclosing.export_zip if format == "zip" else disclosing.export_json
    copy = SpooledTemporaryFile(max_size=COPY_BYTES_IN_MEMORY)  # noqa: SIM115 - the response closes it
    make(shop=_shop(request), customer=CustomerId(customer_id), by="api", now=clock.real.now(), into=copy)
    copy.seek(0)
    return FileResponse(
        copy, content_type=f"application/{format}", filename=f"customer-{customer_id}.{format}"
    )


@api.post("/customers/{customer_id}/erase", response={202: Erasure}, summary="Erase a customer for good")
def erase_customer(request: HttpRequest, customer_id: int) -> tuple[int, dict[str, Any]]:
    """Begins at once, ends by itself. Idempotent: the same customer has one request; look at it under /erasures."""
    shop = _shop(request)
    with for_shop(shop) as cursor:
        erasure = erasing.request_erasure(
            shop=shop, customer=CustomerId(customer_id), requested_by="api", now=clock.real.now()
        )
        return 202, report(cursor, shop, erasure).as_json()


@api.get("/erasures/{erasure_id}", response=Erasure, summary="The report of an erasure")
def erasure(request: HttpRequest, erasure_id: int) -> dict[str, Any]:
    shop = _shop(request)
    with for_shop(shop) as cursor:
        return report(cursor, shop, erasure_id).as_json()


def _shop(request: HttpRequest) -> ShopId:
    return ShopId(request.auth)  # type: ignore[attr-defined]
