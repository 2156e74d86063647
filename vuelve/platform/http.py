"""HTTP that is the same for every page: metrics, content security policy, error shape, health."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, cast

import structlog
from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.http import parse_header_parameters
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client import REGISTRY as LOCAL_REGISTRY
from prometheus_client.multiprocess import MultiProcessCollector

from vuelve.platform import env
from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.errors import VuelveError

Handler = Callable[[HttpRequest], HttpResponse]

MACHINE_PATHS = ("/v1/", "/beacon/v1/")

log = structlog.get_logger(__name__)

REQUESTS = Counter("vuelve_http_requests_total", "Requests answered.", ["view", "status"])
SECONDS = Histogram("vuelve_http_request_seconds", "Time to answer a request, in seconds.", ["view"])


def observe(get_response: Handler) -> Handler:
    """Count and time each request by the name of its view, and give VuelveErrors their JSON shape."""

    def handle(request: HttpRequest) -> HttpResponse:
        began = monotonic_seconds()
        response = get_response(request)
        match = request.resolver_match
        view = match.view_name if match else "none"
        REQUESTS.labels(view, response.status_code).inc()
        SECONDS.labels(view).observe(monotonic_seconds() - began)
        return response

    return handle


class Request(WSGIRequest):
    """Addresses and forms are UTF-8, whatever the request calls itself.

    Django takes the word of it for any codec of Python, and falls over `hex` or `idna` before a view is reached.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))


def machines_first(get_response: Handler) -> Handler:
    """Calls of machines go straight to their views: sessions, languages, CSRF and messages are for people.

    They were a third of the CPU of a request with one event.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        match = _machine_match(request.path_info)
        return get_response(request) if match is None else _answer_machine(request, match)

    return handle


class MachinesBeforeDjango:
    """WSGI in front of Django's own: what `machines_first` does, without the handler and the middleware above it."""

    def __init__(self, django: WSGIHandler) -> None:
        self._django = django
        django.request_class = Request
        self._answer = cast(Handler, convert_exception_to_response(observe(self._handle)))

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        match = _machine_match(environ["PATH_INFO"])
        if match is None:
            return self._django(environ, start_response)
        request = Request(environ)
        request.resolver_match = match
        response = self._answer(request)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        return response

    @staticmethod
    def _handle(request: HttpRequest) -> HttpResponse:
        assert request.resolver_match is not None
        return _answer_machine(request, request.resolver_match)


def _machine_match(path: str) -> ResolverMatch | None:
    if not path.startswith(MACHINE_PATHS):
        return None
    try:
        return _resolve(path)
    except Resolver404:
        return None


# Bounded: some addresses hold a store's number.
_resolve = lru_cache(maxsize=256)(resolve)


def _answer_machine(request: HttpRequest, match: ResolverMatch) -> HttpResponse:
    request.resolver_match = match
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    # Else the body would come in chunks.
    response.headers.setdefault("Content-Length", str(len(response.content)))
    return response


def content_security_policy(get_response: Handler) -> Handler:
    """Everything comes from this machine; pages run no inline script."""
    policy = (
        "default-src 'self'; img-src 'self' data: https:; style-src 'self' 'unsafe-inline'; "
        "script-src 'self' 'wasm-unsafe-eval'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'"
    )

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return handle


def client_address(request: HttpRequest) -> str:
    """The visitor's: what the proxy in front added last to X-Forwarded-For, where there is one (PUBLIC_URL is https).

    Further in front anybody may have written anything. '' on a server that is reached by a socket.
    """
    peer: str = request.META.get("REMOTE_ADDR", "")
    if not settings.IS_PUBLIC_OVER_TLS:
        return peer
    last = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    try:
        return str(ip_address(last))
    except ValueError:
        return peer


def error_response(error: VuelveError) -> JsonResponse:
    return JsonResponse({"error": error.as_json()}, status=error.status)


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """The process can work: the database answers and has the tables of this version."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('journeys_run') IS NOT NULL")
            row = cursor.fetchone()
    except OperationalError as error:
        log.warning("not ready", error=str(error).strip())
        return HttpResponse("database unreachable\n", status=503, content_type="text/plain")
    if not row or not row[0]:
        return HttpResponse("database not migrated\n", status=503, content_type="text/plain")
    return HttpResponse("ready\n", content_type="text/plain")


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format, of all processes of this machine."""
    registry = LOCAL_REGISTRY
    if env.get("VUELVE_METRICS_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=env.get("VUELVE_METRICS_DIR"))  # type: ignore[no-untyped-call]
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
