"""What a request calls itself is no reason to fall over."""

from io import BytesIO
from typing import Any

import pytest

from vuelve.config.wsgi import application
from vuelve.platform.http import MachinesBeforeDjango


def ask(method: str, path: str, content_type: str, body: bytes = b"") -> int:
    said: list[str] = []
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "next=%41%ff", "SERVER_NAME": "localhost",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.input": BytesIO(body),
        "CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body)), "REMOTE_ADDR": "127.0.0.1",
    }  # fmt: skip
    answer = MachinesBeforeDjango(application)(environ, lambda status, _headers: said.append(status))
    b"".join(answer)
    return int(said[0].split()[0])


@pytest.mark.parametrize(
    "charset", ["hex", "rot13", "idna", "undefined", "punycode", "utf-16", "no-such", ""]
)
def test_a_charset_that_is_none(database: str, charset: str) -> None:
    assert ask("GET", "/sign-in", f"text/html; charset={charset}") == 200
    form = f"application/x-www-form-urlencoded; charset={charset}"
    assert ask("POST", "/sign-in", form, b"email=%41%ff") == 403  # without a token of ours
    parts = b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\na\xff\r\n--x--\r\n'
    assert ask("POST", "/sign-in", f"multipart/form-data; boundary=x; charset={charset}", parts) == 403
    assert ask("POST", "/v1/track", f"application/json; charset={charset}", b"{}") == 401
