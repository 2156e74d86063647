"""The public API under /api/v1: OpenAPI at /api/v1/openapi.json."""

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.security import HttpBasicAuth

from vuelve import __version__
from vuelve.platform.db import Statements, for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.http import error_response
from vuelve.platform.ids import ShopId
from vuelve.shops.models import KeyKind
from vuelve.shops.services import shop_of_key

SQL = Statements(__file__)


class SecretKey(HttpBasicAuth):
    """The secret key as the user name; the password is empty."""

    def authenticate(self, request: HttpRequest, username: str, password: str) -> ShopId | None:
        if not username or "\x00" in username:
            return None
        return shop_of_key(secret=username, kind=KeyKind.SECRET)


api = NinjaAPI(title="Vuelve", version=__version__, auth=SecretKey(), docs_url=None, urls_namespace="api")


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
    shop = ShopId(request.auth)  # type: ignore[attr-defined]
    with for_shop(shop) as cursor:
        row = cursor.execute(SQL["stats"], {"shop": shop}).fetchone()
    assert row is not None
    return Stats(customers=row[0], orders=row[1], events=row[2], runs=row[3], messages=row[4])
