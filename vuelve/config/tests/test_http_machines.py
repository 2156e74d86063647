"""Calls of machines take the short way to their views, and outlive the connection to the database."""

import json
import os
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.models import KeyKind, Shop
from vuelve.shops.services import issue_key


def post(path: str, shop_key: str, message_id: str) -> Any:
    body = json.dumps(
        {"event": "Viewed", "userId": "u1", "messageId": message_id, "writeKey": shop_key}
    ).encode()
    client = Client(HTTP_HOST="localhost", enforce_csrf_checks=True)
    return client.post(path, body, content_type="application/json")


@pytest.fixture
def write_key(shop: Shop) -> str:
    return issue_key(shop=shop, kind=KeyKind.WRITE).secret


def count(shop: Shop) -> int:
    with for_shop(ShopId(shop.pk)) as cursor:
        row = cursor.execute("SELECT count(*) FROM events_event").fetchone()
    assert row is not None
    return int(row[0])


def test_no_session_no_language_and_still_counted(shop: Shop, write_key: str) -> None:
    response = post("/v1/track", write_key, "m1")
    assert response.status_code == 200
    assert "Content-Language" not in response.headers
    assert not response.cookies
    assert response.headers["Content-Length"] == str(len(response.content))
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    metrics = Client(HTTP_HOST="localhost").get("/metrics").content.decode()
    assert 'vuelve_http_requests_total{status="200",view="ingest_track"}' in metrics


def test_an_address_that_is_none_is_not_found(shop: Shop, write_key: str) -> None:
    assert post("/v1/nothing-here", write_key, "m1").status_code in {403, 404}
    assert count(shop) == 0


def test_a_connection_that_has_died_is_begun_anew_within_the_request(shop: Shop, write_key: str) -> None:
    assert post("/v1/track", write_key, "m1").status_code == 200
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
        owner.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    assert post("/v1/track", write_key, "m2").status_code == 200
    assert count(shop) == 2
