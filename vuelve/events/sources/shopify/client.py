"""HTTP to Shopify's Admin API: one GraphQL call, and the file of a bulk operation. Holds no transaction.

Trouble that may pass is Retryable; what a person must mend is a VuelveError. The token goes to <name>.myshopify.com
over TLS and nowhere else: redirects are not followed, and the files come from another host without it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
import urllib3

from vuelve.events.sources.shopify import tokens
from vuelve.platform import env
from vuelve.platform.errors import Retryable, VuelveError
from vuelve.platform.stores import FetchExpiredError, StoreAccess

CONNECT_SECONDS, READ_SECONDS = 5.0, 30.0
ANSWER_BYTES_MAX = 16 * 1024 * 1024
RETRY_SECONDS = 30.0
CHUNK_BYTES = 64 * 1024

_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,61}\.myshopify\.com")
_HOST = re.compile(r"(?=.*[a-z])[a-z0-9-]+(\.[a-z0-9-]+)+")
_pool = urllib3.PoolManager(
    num_pools=8,
    maxsize=4,
    retries=False,
    timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
    headers={"User-Agent": "Vuelve"},
)


def check_domain(text: str) -> str:
    """`Tienda.myshopify.com`, `https://tienda.myshopify.com/admin` and `tienda` are all `tienda.myshopify.com`.

    Nothing else is: this name decides which host gets the token.
    """
    name = text.strip().lower()
    name = name.removeprefix("https://").removeprefix("http://").partition("/")[0]
    if found := re.fullmatch(r"[a-z0-9-]+", name):
        name = f"{found[0]}.myshopify.com"
    if not _DOMAIN.fullmatch(name):
        raise VuelveError(
            "store_domain",
            "This is no address of a Shopify store.",
            field="domain",
            hint="It ends in .myshopify.com, also where your store has a domain of its own.",
        )
    return name


def graphql(access: StoreAccess, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The `data` of an answer."""
    body = msgspec.json.encode({"query": query, "variables": dict(variables or {})})
    path = f"/admin/api/{access.api_version}/graphql.json"
    for is_last in (False, True):
        token = tokens.token_of(access, ask=_ask_token)
        headers = {"Content-Type": "application/json", "X-Shopify-Access-Token": token}
        status, answered, found = _post(access, path, body, headers)
        # One that was lent to us may end before its time: the next one is asked for, once.
        if status != 401 or is_last or not tokens.forget(access):
            break
    _check_status(status, found)
    answer = _object(answered)
    _check_errors(answer)
    data = answer.get("data")
    return data if isinstance(data, dict) else {}


def _ask_token(access: StoreAccess) -> tuple[str, float]:
    """OAuth's client credentials grant: (token, seconds it is good for)."""
    fields = {"grant_type": "client_credentials", "client_id": access.token, "client_secret": access.secret}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    status, answered, found = _post(access, "/admin/oauth/access_token", urlencode(fields).encode(), headers)
    if status == 400:
        status = 401  # Shopify's answer to an app it does not know, or that is not in this store
    _check_status(status, found)
    answer = _object(answered)
    token, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(token, str) or not isinstance(seconds, int):
        raise VuelveError("store_answer", "Shopify hands out no access token.")
    return token, float(seconds)


def _post(
    access: StoreAccess, path: str, body: bytes, headers: Mapping[str, str]
) -> tuple[int, bytes, Mapping[str, str]]:
    """(status, body, headers) of a call to the store itself."""
    domain = check_domain(access.domain)
    base = env.get("VUELVE_SHOPIFY_STAND_IN") or f"https://{domain}"
    try:
        response = _pool.request(
            "POST", f"{base}{path}", body=body, headers=dict(headers), redirect=False, preload_content=False
        )
        return response.status, _all_of(response), response.headers
    except urllib3.exceptions.HTTPError as error:
        raise Retryable(
            f"Shopify does not answer: {type(error).__name__}", after_seconds=RETRY_SECONDS
        ) from error


def _object(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise Retryable("Shopify's answer is no JSON", after_seconds=RETRY_SECONDS) from error


def _all_of(response: urllib3.BaseHTTPResponse) -> bytes:
    try:
        body = response.read(ANSWER_BYTES_MAX + 1, decode_content=True)
    finally:
        response.release_conn()
    if len(body) > ANSWER_BYTES_MAX:
        raise Retryable("Shopify's answer is too large", after_seconds=RETRY_SECONDS)
    return body


def _check_status(status: int, headers: Mapping[str, str]) -> None:
    if status == 200:
        return
    if status == 429 or status >= 500:
        after = headers.get("Retry-After", "")
        seconds = float(after) if re.fullmatch(r"\d+(\.\d+)?", after) else RETRY_SECONDS
        raise Retryable(f"Shopify answers {status}", after_seconds=min(seconds, 600.0))
    if status in (401, 403):
        raise VuelveError(
            "store_refused",
            "Shopify does not accept the access token.",
            hint="Install the app again in Shopify, and enter its new token here.",
        )
    if status in (402, 404, 423):
        raise VuelveError(
            "store_closed",
            f"The store is not there, or is frozen ({status}).",
            hint="Check the address, and whether the store is open.",
        )
    raise VuelveError("store_answer", f"Shopify answers {status}.", hint="Check the store's address.")


def _check_errors(answer: Mapping[str, Any]) -> None:
    errors = answer.get("errors")
    if not errors:
        return
    first = errors[0] if isinstance(errors, list) and isinstance(errors[0], Mapping) else {}
    message = str(first.get("message") or errors)[:300]
    extensions = first.get("extensions")
    code = extensions.get("code") if isinstance(extensions, Mapping) else None
    if code == "THROTTLED":
        raise Retryable("Shopify asks to wait", after_seconds=_wait_seconds(answer))
    if code in ("INTERNAL_SERVER_ERROR", "TIMEOUT"):
        raise Retryable(f"Shopify: {message}", after_seconds=RETRY_SECONDS)
    if code == "ACCESS_DENIED":
        raise VuelveError(
            "store_scopes",
            f"The app may not read this: {message}",
            hint="Add the missing permission to the app in Shopify, and install it again.",
        )
    raise VuelveError("store_answer", f"Shopify: {message}")


def _wait_seconds(answer: Mapping[str, Any]) -> float:
    """Until the bucket holds what the query costs."""
    try:
        cost = answer["extensions"]["cost"]
        status = cost["throttleStatus"]
        missing = float(cost["requestedQueryCost"]) - float(status["currentlyAvailable"])
        return min(max(missing / float(status["restoreRate"]), 1.0), 60.0)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return 5.0


def read_lines(url: str, *, offset_bytes: int, line_bytes_max: int) -> Iterator[tuple[bytes, int]]:
    """The lines of a bulk file from an offset, each with the offset after it; never more than a line in memory."""
    _check_file_address(url)
    try:
        response = _pool.request(
            "GET",
            url,
            headers={"Range": f"bytes={offset_bytes}-", "Accept-Encoding": "identity"},
            redirect=False,
            preload_content=False,
        )
        try:
            if response.status == 416:
                return  # nothing after the offset: all of it was read
            _check_file_status(response)
            skip = (
                offset_bytes if response.status == 200 else 0
            )  # a host that knows no ranges begins at the start
            yield from _lines(response, skip, offset_bytes, line_bytes_max)
        finally:
            response.close()
    except urllib3.exceptions.HTTPError as error:
        raise Retryable(f"The file broke off: {type(error).__name__}", after_seconds=5.0) from error


def _lines(
    response: urllib3.BaseHTTPResponse, skip: int, offset: int, line_bytes_max: int
) -> Iterator[tuple[bytes, int]]:
    rest = b""
    for piece in response.stream(CHUNK_BYTES):
        if skip:
            dropped = min(skip, len(piece))
            skip -= dropped
            piece = piece[dropped:]
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            offset += len(line) + 1
            if line.strip():
                yield line, offset
        if len(rest) > line_bytes_max:
            raise VuelveError("store_answer", "An object in Shopify's file is too large.")
    if rest.strip():
        yield rest, offset + len(rest)


def _check_file_status(response: urllib3.BaseHTTPResponse) -> None:
    if response.status in (400, 401, 403, 404, 410):
        raise FetchExpiredError
    if response.status not in (200, 206):
        raise Retryable(f"The file's host answers {response.status}", after_seconds=RETRY_SECONDS)


def _check_file_address(url: str) -> None:
    """The address is Shopify's word, and still it must not lead into this machine's own network."""
    if (stand_in := env.get("VUELVE_SHOPIFY_STAND_IN")) and url.startswith(f"{stand_in}/"):
        return
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    is_inside = host.endswith((".local", ".internal", ".localhost", ".arpa"))
    if parts.scheme != "https" or parts.port not in (None, 443) or not _HOST.fullmatch(host) or is_inside:
        raise VuelveError("store_answer", "Shopify's file is at an address that is not used.")
