"""The whole public API against its own description: schemathesis makes requests, right and wrong ones, from the OpenAPI document.

No answer is a 5xx, each is one that the document names and has the shape it gives, and without a key nothing is to be had.
"""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.schemas import BaseSchema

from vuelve.config.wsgi import application
from vuelve.events.services import prepare_log
from vuelve.loyalty import services
from vuelve.loyalty.contracts import Award
from vuelve.loyalty.services import open_programme
from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.platform.limits import BIGINT_MAX
from vuelve.segments import services as segments
from vuelve.shops.models import KeyKind
from vuelve.shops.services import issue_key
from vuelve.testing import drain, identify, make_shop

HOST = {"Host": "localhost"}
SAME_EACH_TIME = settings(
    max_examples=40, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


def described(path: str) -> BaseSchema:
    schema = schemathesis.openapi.from_wsgi(path, application, headers=HOST)
    schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    return schema


load_all_checks()
api = described("/api/v1/openapi.json")
ingest = described("/v1/openapi.json")


# Not everything can be said in a schema: that there is such a customer, one identifier of three, a time that is one. And what
# Segment's SDKs may send is taken where it can be, so a body that the document would not write is not always refused.
BEYOND_SCHEMAS: list[Any] = [CHECKS.get_one("positive_data_acceptance")]
LENIENT = [*BEYOND_SCHEMAS, CHECKS.get_one("negative_data_rejection")]


@dataclass(frozen=True)
class Known:
    """A shop with a programme and a segment, its secret key, and a customer of it with points."""

    key: str
    customer: int
    segment: int


@pytest.fixture(scope="module")
def known(log: None) -> Known:
    prepare_log(now=real.now())
    shop = make_shop()
    open_programme(shop=ShopId(shop.pk), now=real.now(), actor="test")
    identify(shop, "u-1", at=real.now(), traits={"email": "ana@example.com", "name": "Ana"})
    drain(real.now())
    with for_shop(ShopId(shop.pk)) as cursor:
        row = cursor.execute("SELECT id FROM customers_customer WHERE shop_id = %s", [shop.pk]).fetchone()
    assert row is not None
    award = Award(customer=CustomerId(row[0]), points=10**6, key="first", reference="", actor="test")
    services.award(shop=ShopId(shop.pk), award=award, now=real.now())
    tree = {"type": "trait", "name": "name", "op": "is", "value": "Ana"}
    segment = segments.create(shop=ShopId(shop.pk), name="Ana", tree=tree, by="test", now=real.now())
    return Known(issue_key(shop=shop, kind=KeyKind.SECRET).secret, row[0], segment.pk)


def basic(secret: str) -> dict[str, str]:
    return HOST | {"Authorization": "Basic " + b64encode(f"{secret}:".encode()).decode()}


@api.parametrize()
@SAME_EACH_TIME
def test_the_api_does_what_it_says(case: "Case[Any]", known: Known) -> None:
    there = {"customer_id": known.customer, "segment_id": known.segment}
    for name, id in there.items():
        named = case.path_parameters.get(name)
        is_end = case.path.endswith("/erase") or case.method == "DELETE"
        if isinstance(named, int) and 1 <= named <= BIGINT_MAX and not is_end:
            case.path_parameters[name] = id  # else hardly ever one that is there
    described = {parameter.name for parameter in case.operation.query}
    is_lenient = not set(case.query or ()) <= described  # what nobody asked for in the address is passed over
    case.call_and_validate(
        headers=basic(known.key), excluded_checks=LENIENT if is_lenient else BEYOND_SCHEMAS
    )


@ingest.parametrize()
@SAME_EACH_TIME
def test_the_event_api_does_what_it_says(case: "Case[Any]", known: Known) -> None:
    case.call_and_validate(headers=basic(known.key), excluded_checks=LENIENT)
