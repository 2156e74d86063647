"""The server as it stands on the internet: behind a proxy that speaks TLS."""

import json
import os
import re
import subprocess
import sys

import pytest
from django.test import Client, override_settings

from vuelve.shops.models import Member, Shop
from vuelve.shops.tests.people import PASSWORD, make_member

ADDRESS = {"VUELVE_PUBLIC_URL": "https://vuelve.example", "VUELVE_ALLOWED_HOSTS": "vuelve.example"}
SHOWN = "CSRF_TRUSTED_ORIGINS", "SECURE_PROXY_SSL_HEADER", "SESSION_COOKIE_SECURE", "SECURE_HSTS_SECONDS"


def in_a_process(code: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ADDRESS | {"VUELVE_SECRET_KEY": "k" * 49 + "0123456789abcdef"}
    return subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); {code}"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_django_has_nothing_to_say_against_it(database: str) -> None:
    done = in_a_process("from django.core.management import call_command; call_command('check', deploy=True)")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout + done.stderr, done.stderr


@pytest.fixture
def behind_tls(database: str) -> "override_settings":
    """The settings that an https address makes, in this process."""
    code = (
        "import json; from django.conf import settings as s; "
        f"print(json.dumps({{name: getattr(s, name) for name in {SHOWN}}}))"
    )
    made = json.loads(in_a_process(code).stdout.splitlines()[-1])
    return override_settings(**made, CSRF_COOKIE_SECURE=True, ALLOWED_HOSTS=["vuelve.example"])


@pytest.mark.parametrize("said", [{"x-forwarded-proto": "https"}, {}])
def test_forms_work_behind_the_proxy(behind_tls: override_settings, shop: Shop, said: dict[str, str]) -> None:
    member: Member = make_member(shop)
    with behind_tls:
        client = Client(HTTP_HOST="vuelve.example", enforce_csrf_checks=True, headers=said)
        page = client.get("/sign-in")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())
        assert token is not None
        body = {"email": member.email, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
        forged = client.post("/sign-in", body, headers={**said, "origin": "https://evil.example"})
        assert forged.status_code == 403
        entered = client.post("/sign-in", body, headers={**said, "origin": "https://vuelve.example"})
        assert entered.status_code == 302
        assert client.cookies["sessionid"]["secure"]
        shown = client.get(f"/s/{shop.slug}/", headers=said)
    assert shown.status_code == 200
    assert ("Strict-Transport-Security" in shown.headers) == bool(said)
    assert shown.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert "script-src 'self'" in shown.headers["Content-Security-Policy"]
