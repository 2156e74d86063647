"""How a sandbox ends: files go with the rows, what failed can be asked for again, a late fill writes nothing more."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from vuelve.events.sources.csv import uploading
from vuelve.platform import jobs
from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import ShopId
from vuelve.sandbox import services
from vuelve.sandbox.tests.test_sandbox import by, count, filled, owner_of, state
from vuelve.shops.exporting import services as exporting
from vuelve.shops.exporting.writing import Format, Period
from vuelve.shops.models import Membership, Sandbox, SandboxState
from vuelve.shops.tests.people import browser_of
from vuelve.testing import make_shop

__all__ = ["by"]


@pytest.fixture(autouse=True)
def _own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("VUELVE_HOME", str(tmp_path))


def failing(job: str) -> None:
    """As procrastinate leaves a job that failed for the last time."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE task_name = %s", [job])


def test_its_files_go_with_it_and_no_other_shops(by: Membership) -> None:
    shop = filled(by)
    other = make_shop()
    for whose in (shop, ShopId(other.pk)):
        for table in ("customers", "orders"):
            exporting.request_export(
                shop=whose, table=table, format=Format.CSV, period=Period(None, None), by="a", now=real.now()
            )
        uploading.keep(whose, [b"email\nana@example.com\n"])
    jobs.run_pending()
    folders = [exporting.folder_of(shop), uploading.folder_of(shop)]
    assert all(any(folder.iterdir()) for folder in folders)
    services.ask_to_reset(by=by, now=real.now())
    jobs.run_pending()
    assert not any(folder.exists() for folder in folders)
    assert len(list(exporting.folder_of(ShopId(other.pk)).iterdir())) == 2
    assert len(list(uploading.folder_of(ShopId(other.pk)).iterdir())) == 1


def test_it_is_not_empty_before_its_files_are_gone(by: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = filled(by)
    uploading.keep(shop, [b"email\nana@example.com\n"])
    services.ask_to_reset(by=by, now=real.now())

    def refuse(_path: object) -> None:
        raise PermissionError("read-only")

    with monkeypatch.context() as patched:
        patched.setattr("vuelve.shops.exporting.services.shutil.rmtree", refuse)
        with pytest.raises(PermissionError):
            services.reset(shop=shop)
    assert state(shop).state == SandboxState.RESETTING
    services.reset(shop=shop)
    assert state(shop).state == SandboxState.EMPTY
    assert count(shop, "customers_customer") == 0
    assert not uploading.folder_of(shop).exists()


def test_a_fill_that_failed_for_good_goes_on_or_is_emptied(by: Membership) -> None:
    shop = ShopId(by.shop_id)
    services.ask_to_fill(by=by, now=real.now())
    base_at = state(shop).base_at
    with pytest.raises(VuelveError, match="sandbox_busy"):
        services.ask_to_fill(by=by, now=real.now())
    failing(services.FILL)
    with for_shop(shop):
        assert services.has_stopped(state(shop))
    services.ask_to_fill(by=by, now=real.now() + timedelta(hours=1))
    assert state(shop).base_at == base_at  # the same events, so none is written twice
    failing(services.FILL)
    services.ask_to_reset(by=by, now=real.now())
    failing(services.RESET)
    with pytest.raises(VuelveError, match="sandbox_busy"):
        services.ask_to_fill(by=by, now=real.now())
    services.ask_to_reset(by=by, now=real.now())
    jobs.run_pending()
    assert state(shop).state == SandboxState.EMPTY


def test_what_stopped_is_said_with_its_buttons(by: Membership) -> None:
    client = browser_of(by.member)
    address = f"/s/{by.shop.slug}/settings/sandbox"
    services.ask_to_fill(by=by, now=real.now())
    moving = client.get(address).content.decode()
    assert "hx-trigger" in moving
    assert "Go on" not in moving
    failing(services.FILL)
    stopped = client.get(address).content.decode()
    assert "every 1s" not in stopped
    assert "Stopped" in stopped
    assert "Go on" in stopped
    assert "Empty it" in stopped


def test_one_that_was_only_sent_events_can_be_emptied(by: Membership) -> None:
    client = browser_of(by.member)
    address = f"/s/{by.shop.slug}/settings/sandbox"
    assert "Empty it" not in client.get(address).content.decode()
    shop = filled(by)
    with for_shop(shop):
        Sandbox.objects.filter(shop_id=shop).update(
            state=SandboxState.EMPTY
        )  # as if another had sent all that
    assert "Empty it" in client.get(address).content.decode()
    services.ask_to_reset(by=by, now=real.now())
    jobs.run_pending()
    assert count(shop, "events_event") == 0


def test_a_fill_taken_for_dead_writes_nothing_once_it_is_emptied(
    by: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = ShopId(by.shop_id)
    services.ask_to_fill(by=by, now=real.now())
    steps = iter(range(10))

    def between_two_steps() -> None:
        if next(steps) == 1:
            emptied_meanwhile(by)

    monkeypatch.setattr("vuelve.sandbox.services.jobs.stop_if_told", between_two_steps)
    services.fill(shop=shop)
    assert next(steps) == 2  # it ended there
    assert state(shop).state == SandboxState.EMPTY
    assert count(shop, "events_event") == 0
    assert count(shop, "loyalty_programme") == 0


def emptied_meanwhile(by: Membership) -> None:
    """Between two steps of the first worker, others fill it to the end and empty it."""
    assert count(ShopId(by.shop_id), "events_event") > 0
    with for_shop(ShopId(by.shop_id)):
        Sandbox.objects.filter(shop_id=by.shop_id).update(state=SandboxState.FILLED)
    services.ask_to_reset(by=by, now=real.now())
    services.reset(shop=by.shop_id)


def test_eight_at_once_make_no_more_than_one_may_have(log: None) -> None:
    member = owner_of(make_shop())
    barrier, refused = Barrier(8), list[str]()

    def make() -> None:
        barrier.wait()
        try:
            services.make(by=member)
        except VuelveError as error:
            refused.append(error.code)
        finally:
            connection.close()

    at_once(make, 8)
    assert refused == ["sandboxes_limit"] * (8 - services.SANDBOXES_MAX)
    assert (
        Membership.objects.filter(member=member.member, shop__is_sandbox=True).count()
        == services.SANDBOXES_MAX
    )


def at_once(deed: Callable[[], None], times: int) -> None:
    threads = [Thread(target=deed) for _n in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
