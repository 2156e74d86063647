"""Second factors, recovery codes, passwords, sessions: who gets in, and what must not happen."""

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client

from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops import services
from vuelve.shops.accounts.sessions import device
from vuelve.shops.models import AuditEntry, Member, Role, Shop
from vuelve.shops.tests.people import PASSWORD, browser_of, make_member


@pytest.fixture
def member(shop: Shop) -> Member:
    return make_member(shop, locale="en")


def sign_in(member: Member, password: str = PASSWORD, **more: str) -> tuple[Client, Any]:
    client = browser_of(language="en")
    return client, client.post("/sign-in", {"email": member.email, "password": password, **more})


def is_in(client: Client, shop: Shop) -> bool:
    return client.get(f"/s/{shop.slug}/").status_code == 200


def code_of(secret: str, steps: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def with_code_app(member: Member) -> tuple[Client, str, list[str]]:
    """The member turns the code app on, as the pages lead; the browser, the app's secret, the recovery codes."""
    client, _ = sign_in(member)
    first = client.get("/account/code-app")
    assert first["Location"] == "/account/confirm?next=%2Faccount%2Fcode-app"
    assert client.post(first["Location"], {"password": PASSWORD})["Location"] == "/account/code-app"
    page = client.get("/account/code-app")
    secret = re.search(r'data-copy="([A-Z2-7]{32})"', page.content.decode())[1]  # type: ignore[index]
    assert client.post("/account/code-app", {"code": "000000"}).status_code == 200
    assert not Authenticator.objects.filter(user=member).exists()
    done = client.post("/account/code-app", {"code": code_of(secret)})
    assert done["Location"] == "/account/recovery-codes"
    codes = re.findall(r"<li><code>(\d+)</code>", client.get("/account/recovery-codes").content.decode())
    assert len(codes) == 10
    return client, secret, codes


def actions(shop: Shop) -> list[str]:
    with for_shop(ShopId(shop.pk)):
        return list(AuditEntry.objects.filter(shop=shop).order_by("pk").values_list("action", flat=True))


def test_the_password_alone_is_not_enough_any_more(shop: Shop, member: Member) -> None:
    _, secret, _ = with_code_app(member)
    client, answer = sign_in(member, next=f"/s/{shop.slug}/?days=7")
    assert answer["Location"] == "/sign-in/second-factor"
    assert not is_in(client, shop)
    assert client.post("/sign-in/second-factor", {"code": "123456"}).status_code == 200
    assert not is_in(client, shop)
    through = client.post("/sign-in/second-factor", {"code": code_of(secret)})
    assert through["Location"] == f"/s/{shop.slug}/?days=7"
    assert is_in(client, shop)
    assert "Second Factor Activated" in actions(shop)
    assert actions(shop)[-1] == "Signed In"


def test_the_first_factor_ends_sessions_that_began_without(shop: Shop, member: Member) -> None:
    Shop.objects.filter(pk=shop.pk).update(needs_second_factor=True)
    before, _ = sign_in(member)
    client, _secret, _codes = with_code_app(member)
    assert is_in(client, shop)
    assert not is_in(before, shop)
    assert before.get("/account/")["Location"].startswith("/sign-in")


def test_a_code_works_once(shop: Shop, member: Member) -> None:
    _, secret, _ = with_code_app(member)
    code = code_of(secret, 1)  # the next one: that of now was used, perhaps, when the app was set up
    first, _ = sign_in(member)
    assert first.post("/sign-in/second-factor", {"code": code}).status_code == 302
    second, _ = sign_in(member)
    assert second.post("/sign-in/second-factor", {"code": code}).status_code == 200
    assert not is_in(second, shop)


def test_codes_cannot_be_guessed(shop: Shop, member: Member) -> None:
    _, secret, _ = with_code_app(member)
    client, _ = sign_in(member)
    for _n in range(5):
        client.post("/sign-in/second-factor", {"code": "000000"})
    late = client.post("/sign-in/second-factor", {"code": code_of(secret)})
    assert "Too many" in late.content.decode()
    assert not is_in(client, shop)
    again, _ = sign_in(member)  # a new session does not begin anew
    again.post("/sign-in/second-factor", {"code": code_of(secret)})
    assert not is_in(again, shop)
    cache.clear()
    again.post("/sign-in/second-factor", {"code": code_of(secret)})
    assert is_in(again, shop)


def test_a_recovery_code_opens_once_and_codes_are_shown_once(shop: Shop, member: Member) -> None:
    client, _, codes = with_code_app(member)
    again = client.get("/account/recovery-codes").content.decode()
    assert "You have 10 codes left" in again
    assert not [code for code in codes if code in again]
    first, _ = sign_in(member)
    first.post("/sign-in/second-factor", {"code": codes[3]})
    assert is_in(first, shop)
    second, _ = sign_in(member)
    second.post("/sign-in/second-factor", {"code": codes[3]})
    assert not is_in(second, shop)


def test_secrets_are_not_in_the_database_in_clear(member: Member) -> None:
    _, secret, _ = with_code_app(member)
    kept = Authenticator.objects.get(user=member, type="totp").data["secret"]
    assert secret not in kept


def test_a_one_time_link_stands_for_the_password_only(shop: Shop, member: Member) -> None:
    _, secret, _ = with_code_app(member)
    client = browser_of()
    token = services.issue_sign_in_link(member=member, now=real.now())
    assert client.get(f"/sign-in/{token}")["Location"] == "/sign-in/second-factor"
    assert not is_in(client, shop)
    client.post("/sign-in/second-factor", {"code": code_of(secret, 1)})
    assert is_in(client, shop)


def test_who_came_by_link_may_set_a_password_without_the_old_one(shop: Shop, member: Member) -> None:
    client = browser_of(language="en")
    client.get(f"/sign-in/{services.issue_sign_in_link(member=member, now=real.now())}")
    assert client.post("/account/password", {"new": "otra-clave-muy-larga"}).status_code == 302
    member.refresh_from_db()
    assert member.check_password("otra-clave-muy-larga")
    assert is_in(client, shop)


def test_the_link_of_somebody_else_ends_the_session_before(shop: Shop, member: Member) -> None:
    other = make_member(shop)
    with_code_app(other)
    client, _ = sign_in(member)
    token = services.issue_sign_in_link(member=other, now=real.now())
    assert client.get(f"/sign-in/{token}")["Location"] == "/sign-in/second-factor"
    assert not is_in(client, shop)


def test_the_factor_is_removed_only_by_who_confirms(shop: Shop, member: Member) -> None:
    client, _, _ = with_code_app(member)
    stolen, _ = sign_in(make_member(shop))
    assert stolen.post("/account/code-app/remove").status_code == 404
    assert client.post("/account/code-app/remove").status_code == 302
    assert not Authenticator.objects.filter(user=member).exists()  # and no codes without it
    assert actions(shop)[-2:] == ["Second Factor Removed", "Recovery Codes Removed"]


def test_an_open_session_does_not_remove_it(member: Member) -> None:
    _, secret, _ = with_code_app(member)
    client, _ = sign_in(member)
    client.post("/sign-in/second-factor", {"code": code_of(secret, 1)})
    assert client.post("/account/code-app/remove")["Location"].startswith("/account/confirm")
    assert client.post("/account/confirm", {"password": "wrong"}).status_code == 200
    assert client.post("/account/code-app/remove")["Location"].startswith("/account/confirm")
    assert Authenticator.objects.filter(user=member, type="totp").exists()


@pytest.mark.parametrize(
    ("sent", "is_changed"),
    [
        ({"current": PASSWORD, "new": "otra-clave-muy-larga"}, True),
        ({"current": "wrong", "new": "otra-clave-muy-larga"}, False),
        ({"new": "otra-clave-muy-larga"}, False),
        ({"current": PASSWORD, "new": "short"}, False),
        ({"current": PASSWORD, "new": "password123"}, False),
        ({"current": PASSWORD, "new": "918273645546372819"}, False),
        ({"current": PASSWORD, "new": "{email}"}, False),
    ],
)
def test_the_password_is_changed_with_the_old_one(
    member: Member, sent: dict[str, str], is_changed: bool
) -> None:
    client, _ = sign_in(member)
    sent = {name: value.format(email=member.email) for name, value in sent.items()}
    assert client.post("/account/password", sent).status_code == (302 if is_changed else 422)
    member.refresh_from_db()
    assert member.check_password(sent["new"]) == is_changed


def test_another_password_ends_the_other_sessions_but_not_this(shop: Shop, member: Member) -> None:
    here, _ = sign_in(member)
    there, _ = sign_in(member)
    here.post("/account/password", {"current": PASSWORD, "new": "otra-clave-muy-larga"})
    assert is_in(here, shop)
    assert not is_in(there, shop)
    assert UserSession.objects.filter(user=member).count() == 1


def test_another_password_ends_what_waits_for_the_second_factor(shop: Shop, member: Member) -> None:
    client, secret, _codes = with_code_app(member)
    half, _ = sign_in(member)
    other, _ = sign_in(member)
    link = services.issue_sign_in_link(member=member, now=real.now())
    client.post("/account/password", {"current": PASSWORD, "new": "paraguas-azul-lento"})
    assert half.post("/sign-in/second-factor", {"code": code_of(secret, 1)})["Location"] == "/sign-in"
    assert not is_in(half, shop)
    assert other.get("/sign-in/second-factor").status_code == 200  # a page that leads nowhere
    assert browser_of().get(f"/sign-in/{link}").status_code == 410
    cache.clear()  # the code was used
    again, _ = sign_in(member, "paraguas-azul-lento")
    again.post("/sign-in/second-factor", {"code": code_of(secret, 1)})
    assert is_in(again, shop)


def test_a_session_is_ended_from_another(shop: Shop, member: Member) -> None:
    here, _ = sign_in(member)
    there, _ = sign_in(member)
    shown = re.findall(r"/account/sessions/(\d+)/end", here.get("/account/").content.decode())
    assert len(shown) == 1
    assert here.post(f"/account/sessions/{shown[0]}/end").status_code == 302
    assert not is_in(there, shop)
    assert is_in(here, shop)
    assert UserSession.objects.filter(user=member).count() == 1


def test_nobody_ends_the_session_of_another(shop: Shop, member: Member) -> None:
    here, _ = sign_in(member)
    here.get("/account/")
    row = UserSession.objects.get(user=member)
    other, _ = sign_in(make_member(shop))
    assert other.post(f"/account/sessions/{row.pk}/end").status_code == 404
    other.post("/account/sessions/end-others")
    assert is_in(here, shop)


def test_all_others_are_ended_at_once(shop: Shop, member: Member) -> None:
    here, *others = [sign_in(member)[0] for _n in range(4)]
    here.post("/account/sessions/end-others")
    assert is_in(here, shop)
    assert [is_in(other, shop) for other in others] == [False] * 3


def test_a_forged_session_is_nobody(shop: Shop, member: Member) -> None:
    client, _ = sign_in(member)
    key = client.cookies["sessionid"].value
    for forged in (
        key[:-1] + ("a" if key[-1] != "a" else "b"),
        "x" * 32,
        "",
        "'; DROP TABLE",
        "ñ",
        "a" * 5000,
    ):
        stranger = browser_of()
        stranger.cookies["sessionid"] = forged
        assert stranger.get(f"/s/{shop.slug}/").status_code == 302, forged
    assert is_in(client, shop)


@pytest.mark.parametrize(
    "address", ["/account/", "/account/code-app", "/account/recovery-codes", "/account/passkeys/add"]
)
def test_strangers_sign_in_first(address: str) -> None:
    assert browser_of().get(address)["Location"].startswith("/sign-in?next=")


@pytest.mark.parametrize(
    "address", ["/account/profile", "/account/password", "/account/sessions/end-others", "/sign-in/passkey"]
)
def test_forms_of_another_site_are_refused(member: Member, address: str) -> None:
    client = Client(HTTP_HOST="localhost", enforce_csrf_checks=True)
    client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(address, {"name": "Eve"}).status_code == 403


@pytest.mark.parametrize(
    "credential", ["", "x", "{}", "[]", "null", '{"id": 1}', '{"response": {"userHandle": "AA"}}', "1" * 5000]
)
def test_a_passkey_that_is_none_is_refused(shop: Shop, credential: str) -> None:
    client = browser_of()
    assert client.get("/sign-in/passkey", headers={"accept": "application/json"}).json()["request_options"]
    assert client.post("/sign-in/passkey", {"credential": credential}).status_code == 302
    assert not is_in(client, shop)


def test_a_passkey_that_is_not_there_is_refused(shop: Shop, member: Member) -> None:
    assert browser_of().post("/sign-in/passkey")["Location"] == "/sign-in"
    with_code_app(member)
    half, _ = sign_in(member)
    assert half.post("/sign-in/second-factor").status_code == 200
    assert not is_in(half, shop)


def test_name_and_language(member: Member) -> None:
    client, _ = sign_in(member)
    name = "<script>alert(1)</script> مرحبا 🐟"
    assert client.post("/account/profile", {"name": name, "language": "pt-br"}).status_code == 302
    member.refresh_from_db()
    assert (member.name, member.locale) == (name, "pt-br")
    page = client.get("/account/").content.decode()
    assert "<script>alert" not in page
    assert "Sua conta" in page
    assert client.post("/account/profile", {"name": "x" * 121, "language": "pt-br"}).status_code == 422
    assert client.post("/account/profile", {"name": "x", "language": "xx"}).status_code == 422


@pytest.mark.parametrize(
    ("user_agent", "said"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox, Linux"),
    ],
)  # fmt: skip
def test_devices_have_names(user_agent: str, said: str) -> None:
    assert device(user_agent) == said


def test_a_shop_can_ask_for_a_second_factor(shop: Shop) -> None:
    owner = make_member(shop, locale="en")
    guarded, _, _ = with_code_app(owner)
    guarded.post(f"/s/{shop.slug}/settings/second-factor", {"needed": "on"})
    plain, _ = sign_in(make_member(shop, locale="en", role=Role.MARKETER))
    sent_away = plain.get(f"/s/{shop.slug}/")
    assert sent_away["Location"] == "/account/"
    assert "This shop asks for a second factor" in plain.get("/account/").content.decode()
    assert plain.post(f"/s/{shop.slug}/settings/second-factor")["Location"] == "/account/"
    assert is_in(guarded, shop)
    guarded.post(f"/s/{shop.slug}/settings/second-factor")
    assert is_in(plain, shop)
    assert actions(shop)[-1] == "Second Factor Waived"
