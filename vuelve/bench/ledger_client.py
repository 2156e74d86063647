"""A process of the ledger's benchmark: redeems one point of a customer at a time, over a few connections.

On standard input a line `[first, count]`: which redemptions to make. It answers `done` when it is ready, and after each line.
"""

import json
import os
import sys
import threading
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vuelve.platform.ids import ShopId


def main() -> None:
    import django

    os.environ["VUELVE_DB_ROLE"] = "worker"
    os.environ["DJANGO_SETTINGS_MODULE"] = "vuelve.config.settings"
    django.setup()
    from vuelve.platform.ids import ShopId

    shop, customers, threads = ShopId(int(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])
    click.echo("done")
    pool = [_Thread(shop, customers) for _number in range(threads)]
    for line in sys.stdin:
        first, count = json.loads(line)
        for place, thread in enumerate(pool):
            thread.tell(range(first + place, first + count, threads))
        for thread in pool:
            thread.wait()
        click.echo("done")
    for thread in pool:
        thread.tell(None)


class _Thread:
    """One connection, kept for all rounds."""

    def __init__(self, shop: "ShopId", customers: int) -> None:
        self._shop, self._customers = shop, customers
        self._work: range | None = None
        self._go, self._done = threading.Semaphore(0), threading.Semaphore(0)
        self._failure: BaseException | None = None
        threading.Thread(target=self._run, daemon=True).start()

    def tell(self, work: range | None) -> None:
        self._work = work
        self._go.release()

    def wait(self) -> None:
        self._done.acquire()
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        from django.db import connection

        from vuelve.loyalty.services import redeem
        from vuelve.platform.clock import real
        from vuelve.platform.ids import CustomerId

        try:
            connection.ensure_connection()
            while True:
                self._go.acquire()
                if self._work is None:
                    return
                for number in self._work:
                    redeem(
                        shop=self._shop,
                        customer=CustomerId(1 + number * 7_919 % self._customers),
                        points=1,
                        key=f"redeem-{number}",
                        now=real.now(),
                        reference="coffee",
                    )
                self._done.release()
        except BaseException as failure:
            self._failure = failure
            self._done.release()
        finally:
            connection.close()


if __name__ == "__main__":
    main()
