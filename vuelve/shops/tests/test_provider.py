"""Sign-in by a provider: a small OpenID Connect provider on a loopback port, and what it may not bring about."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client, override_settings

from vuelve.shops import services
from vuelve.shops.accounts.providers import sign_in_providers
from vuelve.shops.models import Member, Role, Shop
from vuelve.shops.tests.people import PASSWORD, browser_of, make_member
from vuelve.shops.tests.test_accounts import actions, is_in, with_code_app

CALLBACK = "/sign-in/with/oidc/login/callback/"


class Provider(ThreadingHTTPServer):
    """`claims`: who is said to have signed in. `asked`: the bodies that the token endpoint was sent."""

    subject: str
    claims: dict[str, Any]
    asked: list[dict[str, list[str]]]
    is_broken = False
    said = ""  # what the userinfo endpoint says instead

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        at = self.server.address
        if self.path == "/.well-known/openid-configuration":
            self._say({
                "issuer": at, "authorization_endpoint": f"{at}/authorize", "token_endpoint": f"{at}/token",
                "userinfo_endpoint": f"{at}/me", "jwks_uri": f"{at}/keys",
            })  # fmt: skip
        else:
            self._say(json.loads(self.server.said) if self.server.said else self.server.claims)

    def do_POST(self) -> None:
        self.server.asked.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        if self.server.is_broken:
            self.send_error(500)
            return
        told = {"iss": self.server.address, "aud": "vuelve-here", **self.server.claims}
        self._say({"access_token": "x", "token_type": "Bearer", "id_token": jwt.encode(told, "k" * 32)})

    def _say(self, body: Any) -> None:
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    server = Provider(("127.0.0.1", 0), Handler)
    server.claims, server.asked, server.subject = {}, [], token_hex(8)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("VUELVE_OIDC_ISSUER", server.address)
    monkeypatch.setenv("VUELVE_OIDC_CLIENT_ID", "vuelve-here")
    monkeypatch.setenv("VUELVE_OIDC_CLIENT_SECRET", "s3cret")
    monkeypatch.setenv("VUELVE_OIDC_NAME", "Acme ID")
    with override_settings(SOCIALACCOUNT_PROVIDERS=sign_in_providers()):
        yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def member(shop: Shop) -> Member:
    return make_member(shop, locale="en")


def come_back(client: Client, provider: Provider, **claims: Any) -> Any:
    """From the sign-in page to the provider and back, as somebody."""
    provider.claims = {"sub": provider.subject, "email_verified": True, **claims}
    there = client.get("/sign-in/with/oidc/login/?next=/account/")
    asked = parse_qs(urlsplit(there["Location"]).query)
    assert there["Location"].startswith(f"{provider.address}/authorize?")
    assert asked["code_challenge_method"] == ["S256"]
    return client.get(CALLBACK, {"code": "c", "state": asked["state"][0]})


def test_a_member_comes_in_by_the_address_that_the_provider_vouches_for(
    shop: Shop, member: Member, provider: Provider
) -> None:
    client = browser_of(language="en")
    assert "Continue with Acme ID" in client.get("/sign-in").content.decode()
    assert come_back(client, provider, email=member.email.upper())["Location"] == "/account/"
    assert is_in(client, shop)
    assert provider.asked[0]["code_verifier"]
    assert actions(shop) == ["Provider Connected", "Signed In"]
    again = browser_of()
    come_back(again, provider, email="another-address-now@example.com")
    assert is_in(again, shop)  # known by `sub` from now on


def test_the_second_factor_is_asked_for_all_the_same(shop: Shop, member: Member, provider: Provider) -> None:
    with_code_app(member)
    client = browser_of()
    assert come_back(client, provider, email=member.email)["Location"] == "/sign-in/second-factor"
    assert not is_in(client, shop)


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "stranger@example.com"},
        {"email": "{member}", "email_verified": False},
        {"email": "{member}", "email_verified": "false"},
        {"email": "{member}", "email_verified": None},
        {"email": ""},
        {},
    ],
)
def test_nobody_else_does(shop: Shop, member: Member, provider: Provider, claims: dict[str, Any]) -> None:
    known = {name: member.email if value == "{member}" else value for name, value in claims.items()}
    client = browser_of(language="en")
    answer = come_back(client, provider, **known)
    assert answer.status_code == 403
    assert "No account here" in answer.content.decode()
    assert not is_in(client, shop)
    assert not SocialAccount.objects.filter(user=member).exists()
    assert not Member.objects.filter(email="stranger@example.com").exists()


def test_an_address_is_trusted_if_the_operator_says_so(
    shop: Shop, member: Member, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VUELVE_OIDC_TRUST_EMAIL", "1")
    client = browser_of()
    come_back(client, provider, email=member.email, email_verified=None)
    assert is_in(client, shop)


def test_a_member_who_is_not_active_stays_out(shop: Shop, member: Member, provider: Provider) -> None:
    come_back(browser_of(), provider, email=member.email)
    Member.objects.filter(pk=member.pk).update(is_active=False)
    client = browser_of()
    assert come_back(client, provider, email=member.email)["Location"] == "/sign-in/not-active"
    assert client.get("/sign-in/not-active").status_code == 200
    assert not is_in(client, shop)


def test_an_answer_that_nobody_asked_for(shop: Shop, member: Member, provider: Provider) -> None:
    provider.claims = {"sub": provider.subject, "email": member.email, "email_verified": True}
    client = browser_of(language="en")
    for sent in ({"code": "c", "state": "made-up"}, {"code": "c"}, {}, {"state": "\x00"}):
        assert client.get(CALLBACK, sent).status_code == 403, sent
    assert not is_in(client, shop)
    assert provider.asked == []


def test_a_provider_that_fails_or_says_no(shop: Shop, member: Member, provider: Provider) -> None:
    provider.is_broken = True
    client = browser_of(language="en")
    answer = come_back(client, provider, email=member.email)
    assert answer.status_code == 403
    assert "Not signed in" in answer.content.decode()
    assert not is_in(client, shop)


def test_without_a_provider_there_is_no_such_page() -> None:
    client = browser_of()
    assert client.get("/sign-in/with/oidc/login/").status_code == 404
    assert client.get("/sign-in/with/other/login/").status_code == 404


def test_the_subject_of_another_issuer_is_somebody_else(
    shop: Shop, member: Member, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    come_back(browser_of(), provider, email=member.email, sub="1")
    monkeypatch.setenv("VUELVE_OIDC_ISSUER", f"{provider.address}/")  # the same, written otherwise
    with override_settings(SOCIALACCOUNT_PROVIDERS=sign_in_providers()):
        same = browser_of()
        come_back(same, provider, email="changed@example.com", sub="1")
        assert is_in(same, shop)
    elsewhere = provider.address.replace("127.0.0.1", "localhost")
    monkeypatch.setenv("VUELVE_OIDC_ISSUER", elsewhere)
    with override_settings(SOCIALACCOUNT_PROVIDERS=sign_in_providers()):
        other = browser_of()
        assert come_back(other, provider, email="stranger@example.com", sub="1").status_code == 403
        assert not is_in(other, shop)


def test_nobody_is_connected_to_who_is_signed_in(shop: Shop, member: Member, provider: Provider) -> None:
    other, client = make_member(shop), browser_of(member)
    provider.claims = {"sub": provider.subject, "email_verified": True, "email": other.email}
    for who in (client, browser_of()):
        there = who.get("/sign-in/with/oidc/login/?process=connect&next=/account/")
        asked = parse_qs(urlsplit(there["Location"]).query)
        assert who.get(CALLBACK, {"code": "c", "state": asked["state"][0]})["Location"] == "/account/"
        assert who.session["_auth_user_id"] == str(other.pk)
    assert not SocialAccount.objects.filter(user=member).exists()


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": ["1"]},
        {"sub": "a\x00b"},
        {"sub": "\ud800"},
        {"sub": "x" * 256},
        {"email": 3},
        {"email": ["{member}"]},
        {"email": "a\x00b@example.com"},
        {"email": "x" * 400 + "@example.com"},
        {"email": "\ud800@example.com"},
    ],
)
def test_claims_that_are_none(shop: Shop, member: Member, provider: Provider, claims: dict[str, Any]) -> None:
    client = browser_of()
    assert come_back(client, provider, **{"email": member.email, **claims}).status_code == 403
    assert not is_in(client, shop)


def test_what_else_a_provider_says_is_not_kept(shop: Shop, member: Member, provider: Provider) -> None:
    client = browser_of()
    more = {"name": "\x00", "picture": {"a": 1}, "family_name": 3, "preferred_username": ["\x00"]}
    come_back(client, provider, email=member.email, sub="x" * 255, **more)
    assert is_in(client, shop)
    assert SocialAccount.objects.get(user=member).extra_data == {
        "userinfo": {"sub": "x" * 255, "email_verified": True, "email": member.email}
    }


def test_an_address_that_only_looks_the_same(shop: Shop, provider: Provider) -> None:
    member = services.create_member(
        shop=shop, email=f"kika-{token_hex(4)}@example.com", password=PASSWORD, role=Role.OWNER
    )
    client = browser_of()
    lookalike = member.email.replace("k", "\N{KELVIN SIGN}")
    assert come_back(client, provider, email=lookalike).status_code == 403
    assert not is_in(client, shop)


@pytest.mark.parametrize("body", [[], 3, "x", None, {}])
def test_an_answer_that_is_no_object(shop: Shop, member: Member, provider: Provider, body: Any) -> None:
    client = browser_of()
    there = client.get("/sign-in/with/oidc/login/")
    provider.claims, provider.said = {"email": member.email}, json.dumps(body)
    state = parse_qs(urlsplit(there["Location"]).query)["state"][0]
    assert client.get(CALLBACK, {"code": "c", "state": state}).status_code == 403
    assert not is_in(client, shop)


def test_two_subjects_are_nobody(shop: Shop, member: Member, provider: Provider) -> None:
    client = browser_of()
    there = client.get("/sign-in/with/oidc/login/")
    provider.claims = {"sub": "1", "email": member.email, "email_verified": True}
    provider.said = json.dumps({**provider.claims, "sub": "2"})
    state = parse_qs(urlsplit(there["Location"]).query)["state"][0]
    assert client.get(CALLBACK, {"code": "c", "state": state}).status_code == 403
    assert not is_in(client, shop)


def test_a_provider_that_does_not_answer(shop: Shop, member: Member, provider: Provider) -> None:
    client = browser_of(language="en")
    there = client.get("/sign-in/with/oidc/login/")
    state = parse_qs(urlsplit(there["Location"]).query)["state"][0]
    provider.shutdown()
    provider.server_close()
    for answer in (
        client.get("/sign-in/with/oidc/login/"),
        client.get(CALLBACK, {"code": "c", "state": state}),
    ):
        assert answer.status_code == 403
        assert "Not signed in" in answer.content.decode()
