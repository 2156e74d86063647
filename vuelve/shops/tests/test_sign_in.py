"""Who gets in, and what must not happen."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from vuelve.platform import limits
from vuelve.platform.clock import real
from vuelve.shops import services, throttle
from vuelve.shops.models import Member, Shop, SignInLink
from vuelve.shops.tests.people import PASSWORD, browser_of, make_member


@pytest.fixture
def member(shop: Shop) -> Member:
    return make_member(shop, locale="en")


def post(client: Client, email: str, password: str, **more: str) -> Any:
    return client.post(
        "/sign-in", {"email": email, "password": password, **more}, headers={"accept-language": "en"}
    )


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.usefixtures("real_passwords")
def test_with_e_mail_and_password_to_the_first_shop(shop: Shop) -> None:
    client, member = browser_of(), make_member(shop)
    assert member.password.startswith("scrypt$")
    response = post(client, member.email.upper(), PASSWORD)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get("/")["Location"] == f"/s/{shop.slug}/"
    assert client.get(f"/s/{shop.slug}/").status_code == 200


def test_the_session_is_a_new_one(member: Member) -> None:
    client = browser_of()
    client.session["planted"] = "x"
    client.cookies["sessionid"] = "planted-by-somebody-else"
    post(client, member.email, PASSWORD)
    assert client.cookies["sessionid"].value != "planted-by-somebody-else"
    assert client.cookies["sessionid"]["httponly"]


@pytest.mark.parametrize("wrong", ["", "x", PASSWORD.upper(), PASSWORD + " "])
def test_a_wrong_password_does_not(member: Member, wrong: str) -> None:
    client = browser_of()
    response = post(client, member.email, wrong)
    assert response.status_code == 200
    assert not is_in(client)


def test_the_answer_does_not_tell_who_has_an_account(member: Member) -> None:
    known = post(browser_of(), member.email, "wrong").content.decode()
    unknown = post(browser_of(), "nobody@example.com", "wrong").content.decode()
    sentence = "The e-mail or the password is wrong"
    assert sentence in known
    assert sentence in unknown


def test_a_member_who_is_not_active_stays_out(member: Member) -> None:
    token = services.issue_sign_in_link(member=member, now=real.now())
    member.is_active = False
    member.save()
    client = browser_of()
    post(client, member.email, PASSWORD)
    assert not is_in(client)
    assert client.get(f"/sign-in/{token}").status_code == 410
    assert not is_in(client)


def test_a_member_who_is_deactivated_is_out_at_once(shop: Shop, member: Member) -> None:
    client = browser_of(member)
    assert client.get(f"/s/{shop.slug}/").status_code == 200
    Member.objects.filter(pk=member.pk).update(is_active=False)
    response = client.get(f"/s/{shop.slug}/")
    assert (response.status_code, response["Location"].split("?")[0]) == (302, "/sign-in")


def test_another_password_ends_the_sessions(shop: Shop, member: Member) -> None:
    client = browser_of(member)
    member.set_password("otra-clave-muy-larga")
    member.save()
    assert client.get(f"/s/{shop.slug}/").status_code == 302


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example", ""]
)
def test_nobody_is_sent_elsewhere(member: Member, elsewhere: str) -> None:
    assert post(browser_of(), member.email, PASSWORD, next=elsewhere)["Location"] == "/"


def test_a_page_that_was_asked_for_comes_after_sign_in(shop: Shop, member: Member) -> None:
    client = browser_of()
    asked = client.get(f"/s/{shop.slug}/?days=7")
    assert asked["Location"] == f"/sign-in?next=/s/{shop.slug}/%3Fdays%3D7"
    form = client.get(asked["Location"]).content.decode()
    assert f'value="/s/{shop.slug}/?days=7"' in form
    assert (
        post(client, member.email, PASSWORD, next=f"/s/{shop.slug}/?days=7")["Location"]
        == f"/s/{shop.slug}/?days=7"
    )


def test_a_form_of_another_site_is_refused(member: Member) -> None:
    client = Client(HTTP_HOST="localhost", enforce_csrf_checks=True)
    response = post(client, member.email, PASSWORD)
    assert response.status_code == 403
    assert "This form is too old" in response.content.decode()
    assert not is_in(client)


# --- the one-time link -------------------------------------------------------------------------------------


def test_a_link_works_once(shop: Shop, member: Member) -> None:
    token = services.issue_sign_in_link(member=member, now=real.now())
    client = browser_of()
    assert client.get(f"/sign-in/{token}")["Location"] == "/"
    assert client.get(f"/s/{shop.slug}/").status_code == 200
    second = browser_of()
    response = second.get(f"/sign-in/{token}", headers={"accept-language": "en"})
    assert response.status_code == 410
    assert "This link no longer works" in response.content.decode()
    assert not is_in(second)


def test_looking_at_a_link_does_not_use_it_up(member: Member) -> None:
    token = services.issue_sign_in_link(member=member, now=real.now())
    assert browser_of().head(f"/sign-in/{token}").status_code == 405
    assert SignInLink.objects.get(member=member).used_at is None
    client = browser_of()
    client.get(f"/sign-in/{token}")
    assert is_in(client)


def test_an_old_link_does_not_work(member: Member) -> None:
    token = services.issue_sign_in_link(member=member, now=real.now() - timedelta(days=2))
    client = browser_of()
    assert client.get(f"/sign-in/{token}").status_code == 410
    assert not is_in(client)


@pytest.mark.parametrize("token", ["x", "a" * 4000, "%00", "..", "🐟"])
def test_an_invented_link_does_not_work(shop: Shop, token: str) -> None:
    client = browser_of()
    assert client.get(f"/sign-in/{token}").status_code == 410
    assert not is_in(client)


def test_a_link_changes_the_member_who_is_signed_in(shop: Shop, member: Member) -> None:
    other = make_member(shop)
    client = browser_of(other)
    session = client.session
    session["of the other one"] = 1
    session.save()
    client.get(f"/sign-in/{services.issue_sign_in_link(member=member, now=real.now())}")
    assert client.session["_auth_user_id"] == str(member.pk)
    assert "of the other one" not in client.session


def test_sign_out_ends_the_session_and_is_no_link(shop: Shop, member: Member) -> None:
    client = browser_of(member)
    assert client.get("/sign-out").status_code == 405
    assert client.get(f"/s/{shop.slug}/").status_code == 200
    assert client.post("/sign-out")["Location"] == "/sign-in"
    assert client.get(f"/s/{shop.slug}/").status_code == 302


# --- guessing ----------------------------------------------------------------------------------------------------


def test_guessing_has_an_end(member: Member) -> None:
    client = browser_of()
    for _attempt in range(limits.SIGN_IN_ATTEMPTS_MAX):
        assert post(client, member.email, "wrong").status_code == 200
    refused = post(client, member.email, PASSWORD)  # the right one, but too late
    assert refused.status_code == 429
    assert "Wait 15 minutes" in refused.content.decode()
    assert not is_in(client)
    # From elsewhere, the member still gets in: whoever guesses must not lock them out.
    other_place = Client(HTTP_HOST="localhost", REMOTE_ADDR="192.0.2.7")
    assert post(other_place, member.email, PASSWORD).status_code == 302


def test_the_wait_ends(member: Member) -> None:
    now = real.now()
    for _attempt in range(limits.SIGN_IN_ATTEMPTS_MAX):
        assert throttle.count_attempt(email=member.email, address="192.0.2.1", now=now) is None
    wait = throttle.count_attempt(email=member.email, address="192.0.2.1", now=now + timedelta(minutes=5))
    assert wait == throttle.WINDOW - timedelta(minutes=5)
    later = now + throttle.WINDOW
    assert throttle.count_attempt(email=member.email, address="192.0.2.1", now=later) is None


def test_a_success_forgets_the_failures(member: Member) -> None:
    client = browser_of()
    for _round in range(2):
        for _attempt in range(limits.SIGN_IN_ATTEMPTS_MAX - 1):
            post(client, member.email, "wrong")
        assert post(client, member.email, PASSWORD).status_code == 302
        client.post("/sign-out")


def test_whoever_has_a_network_has_one_place(member: Member) -> None:
    now = real.now()
    for number in range(limits.SIGN_IN_ATTEMPTS_MAX):
        address = f"2001:db8:1:2:{number:x}::7"
        assert throttle.count_attempt(email=member.email, address=address, now=now) is None
    assert throttle.count_attempt(email=member.email, address="2001:db8:1:2:ffff::1", now=now)
    assert throttle.count_attempt(email=member.email, address="2001:db8:1:3::1", now=now) is None


@pytest.mark.parametrize("name", ["overview", "{}", "a:b", "", "\x00", "9" * 400])
def test_a_name_of_a_page_is_no_address(member: Member, name: str) -> None:
    client = browser_of()
    assert post(client, member.email, PASSWORD, next=name)["Location"] == "/"
    assert client.get("/sign-in", {"next": name})["Location"] == "/"
