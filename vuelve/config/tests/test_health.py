"""What an operator's tools ask."""

from django.test import Client

from vuelve.shops.models import Shop


def test_health_readiness_and_metrics(shop: Shop) -> None:
    client = Client(HTTP_HOST="localhost")
    assert client.get("/healthz").content == b"ok\n"
    assert client.get("/readyz").content == b"ready\n"
    metrics = client.get("/metrics").content.decode()
    assert 'vuelve_http_requests_total{status="200",view="readyz"}' in metrics


def test_pages_say_what_they_may_load(shop: Shop) -> None:
    policy = Client(HTTP_HOST="localhost").get("/healthz").headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-eval'" not in policy.replace("'wasm-unsafe-eval'", "")
