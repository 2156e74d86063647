"""The public API under /api/v1: OpenAPI at /api/v1/openapi.json, for people at /api/v1/docs."""

from tempfile import SpooledTemporaryFile
from typing import Any, Literal

import msgspec
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from ninja import Field, Schema, Status
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser

from vuelve import __version__
from vuelve.config.api_document import DescribedAPI
from vuelve.customers.api import router as customers
from vuelve.customers.queries_privacy import report
from vuelve.customers.services import disclosing, erasing
from vuelve.loyalty.api import router as loyalty
from vuelve.platform import clock
from vuelve.platform.db import Statements, for_shop
from vuelve.platform.errors import VuelveError, not_found
from vuelve.platform.http import error_response
from vuelve.platform.ids import CustomerId
from vuelve.segments.api import router as segments
from vuelve.shops.api import RowNumber, SecretKey, answers, needs, shop_of
from vuelve.shops.scopes import Scope

SQL = Statements(__file__)
COPY_BYTES_IN_MEMORY = 4 * 1024 * 1024
COPY_RESPONSES = {
    200: {
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "application/zip": {"schema": {"type": "string", "format": "binary"}},
        }
    }
}


class StrictParser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        """JSON in UTF-8. Python's own decoder lets half a surrogate pair pass, which no database takes, and NaN."""
        return msgspec.json.decode(request.body)


api = DescribedAPI(
    title="Vuelve", version=__version__, docs_url=None, urls_namespace="api", parser=StrictParser()
)

api.add_router("", customers)
api.add_router("", segments)
api.add_router("", loyalty)


@api.exception_handler(VuelveError)
def on_error(request: HttpRequest, error: VuelveError) -> HttpResponse:
    return error_response(error)


@api.exception_handler(AuthenticationError)
def on_stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    response = error_response(
        VuelveError(
            "wrong_key",
            "No valid secret key.",
            hint="Send it as the user name of Basic authentication, with an empty password.",
            status=401,
        )
    )
    response["WWW-Authenticate"] = 'Basic realm="Vuelve API"'
    return response


@api.exception_handler(ValidationError)
def on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """The first of what is wrong, in the shape of all errors."""
    first = error.errors[0] if error.errors else {}
    place = [str(part) for part in first.get("loc", ()) if part not in ("body", "query", "path", "payload")]
    message = str(first.get("msg", "The request cannot be read."))
    return error_response(VuelveError("invalid", message, field=".".join(place) or None, status=422))


@api.exception_handler(HttpError)
def on_unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    return error_response(VuelveError("unreadable", str(error), status=error.status_code))


@api.exception_handler(SuspiciousOperation)
def on_excess(request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
    """More bytes, or more fields in the address, than Django takes in."""
    if isinstance(error, RequestDataTooBig):
        hint = f"At most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE >> 20} MB."
        return error_response(VuelveError("too_large", "The body is too large.", hint=hint, status=413))
    return error_response(VuelveError("unreadable", "The request cannot be read.", status=400))


@api.exception_handler(Http404)
def on_nothing(request: HttpRequest, error: Http404) -> HttpResponse:
    return error_response(not_found("address"))


@csrf_exempt
def nothing(request: HttpRequest, rest: str) -> HttpResponse:
    """Below /api/v1/, where no operation is: programs read errors in their shape, not a page."""
    return error_response(not_found("address"))


class Stats(Schema):
    customers: int = Field(examples=[1240])
    orders: int = Field(examples=[3010])
    events: int = Field(examples=[88123])
    runs: int = Field(description="Of journeys.", examples=[960])
    messages: int = Field(examples=[2204])


@api.get(
    "/stats",
    **needs(Scope.STATS_READ),
    response=answers(Stats),
    summary="Exact counts of the shop",
    tags=["stats"],
)
def stats(request: HttpRequest) -> Stats:
    """`events` are those received from outside; merged customers count once."""
    shop = shop_of(request)
    with for_shop(shop) as cursor:
        row = cursor.execute(SQL["stats"], {"shop": shop}).fetchone()
    assert row is not None
    return Stats(customers=row[0], orders=row[1], events=row[2], runs=row[3], messages=row[4])


class Erasure(Schema):
    """A request to erase a customer, and its report. `rows`: erased or made nameless, by table."""

    id: int = Field(examples=[3])
    customer_id: int = Field(examples=[17])
    state: str = Field(examples=["finished"])
    requested_by: str = Field(examples=["api"])
    requested_at: str = Field(examples=["2026-03-01T10:00:00+00:00"])
    erased_at: str | None = Field(examples=["2026-03-01T10:00:01+00:00"])
    finished_at: str | None = Field(examples=["2026-03-01T10:00:04+00:00"])
    rows: dict[str, int] = Field(examples=[{"customers_identifier": 3, "events_event": 41}])
    verification: dict[str, Any]


@api.get(
    "/customers/{customer_id}/export",
    auth=SecretKey(Scope.CUSTOMERS_EXPORT),
    openapi_extra={"x-scope": Scope.CUSTOMERS_EXPORT.value, "responses": COPY_RESPONSES},
    summary="All that is kept of a customer",
    response=answers(dict[str, Any], 404),
    tags=["privacy"],
)
def export_customer(
    request: HttpRequest,
    customer_id: RowNumber,
    format: Literal["json", "zip"] = "json",
) -> FileResponse:
    """With where each trait, consent and event came from. `zip` holds the same document, and a CSV file a section."""
    make = disclosing.export_zip if format == "zip" else disclosing.export_json
    copy = SpooledTemporaryFile(max_size=COPY_BYTES_IN_MEMORY)  # noqa: SIM115 - the response closes it
    make(shop=shop_of(request), customer=CustomerId(customer_id), by="api", now=clock.real.now(), into=copy)
    copy.seek(0)
    return FileResponse(
        copy, content_type=f"application/{format}", filename=f"customer-{customer_id}.{format}"
    )


@api.post(
    "/customers/{customer_id}/erase",
    **needs(Scope.CUSTOMERS_ERASE),
    response=answers(Erasure, 404, status=202),
    summary="Erase a customer for good",
    tags=["privacy"],
)
def erase_customer(request: HttpRequest, customer_id: RowNumber) -> Status[dict[str, Any]]:
    """Begins at once, ends by itself. Idempotent: the same customer has one request; look at it under /erasures."""
    shop = shop_of(request)
    with for_shop(shop) as cursor:
        erasure = erasing.request_erasure(
            shop=shop, customer=CustomerId(customer_id), requested_by="api", now=clock.real.now()
        )
        return Status(202, report(cursor, shop, erasure).as_json())


@api.get(
    "/erasures/{erasure_id}",
    **needs(Scope.CUSTOMERS_ERASE),
    response=answers(Erasure, 404),
    summary="The report of an erasure",
    tags=["privacy"],
)
def erasure(request: HttpRequest, erasure_id: RowNumber) -> dict[str, Any]:
    """How far it is, and what was found when it was looked for afterwards."""
    shop = shop_of(request)
    with for_shop(shop) as cursor:
        return report(cursor, shop, erasure_id).as_json()
