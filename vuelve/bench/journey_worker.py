"""A worker of the journeys benchmark, as a process of its own: the journeys' consumer and the engine's tick, no more.

Told by lines on standard input: `go ROWS` (rows a batch; 0: the product's own), `hold`; ends when the input ends.
"""

import os
import sys
import threading

import click

IDLE_SECONDS = 0.002


class Orders:
    """What the parent has said last."""

    def __init__(self) -> None:
        self.rows = 0
        self.is_on = threading.Event()
        self.is_over = False

    def listen(self) -> None:
        for line in sys.stdin:
            word, _, rows = line.strip().partition(" ")
            if word == "go":
                self.rows = int(rows or 0)
                self.is_on.set()
            else:
                self.is_on.clear()
        self.is_over = True
        self.is_on.set()


def main(workers: int) -> None:
    import django

    os.environ["VUELVE_DB_ROLE"] = "worker"
    os.environ["DJANGO_SETTINGS_MODULE"] = "vuelve.config.settings"
    django.setup()
    from vuelve.channels.services import OutboxSink
    from vuelve.events.consuming import consume_once
    from vuelve.journeys import engine
    from vuelve.journeys.consumers import JourneysConsumer
    from vuelve.platform import limits
    from vuelve.platform.clock import real

    consumer, sink, orders = JourneysConsumer(), OutboxSink(), Orders()
    threading.Thread(target=orders.listen, daemon=True).start()
    click.echo("ready")
    while True:
        if not orders.is_on.is_set():
            click.echo("held")
            orders.is_on.wait()
        if orders.is_over:
            return
        passed = consume_once(
            consumer, clock=real, rows=orders.rows or limits.CONSUMER_BATCH_ROWS, workers=workers
        )
        moved = engine.tick(now=real.now(), sink=sink, limit=orders.rows or limits.RUN_BATCH_ROWS)
        if not passed and not moved:
            threading.Event().wait(IDLE_SECONDS)


if __name__ == "__main__":
    main(int(sys.argv[1]))
