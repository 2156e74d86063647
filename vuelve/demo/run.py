"""The demo from an empty database to a shop with a year behind it."""

from collections.abc import Sequence
from datetime import timedelta

from vuelve.demo.data import Retailer
from vuelve.demo.database import FINISHED
from vuelve.demo.history import import_history
from vuelve.demo.progress import Progress, Silent
from vuelve.demo.replay import STEP, live_events, replay
from vuelve.demo.schedule import schedule
from vuelve.demo.shop import SLUG, make_shop
from vuelve.demo.summary import Summary, summarise
from vuelve.platform import clock as clocks
from vuelve.platform.clock import Clock, VirtualClock, monotonic_seconds
from vuelve.platform.ids import ShopId
from vuelve.shops.services import audit


class _Stopwatch:
    """Seconds per stage, in the order in which they ended."""

    def __init__(self) -> None:
        self._laps: dict[str, float] = {}
        self._last = monotonic_seconds()

    def lap(self, stage: str) -> None:
        now = monotonic_seconds()
        self._laps[stage] = now - self._last
        self._last = now

    @property
    def seconds(self) -> dict[str, float]:
        return self._laps | {"total": sum(self._laps.values())}


def run(
    *,
    clock: Clock = clocks.real,
    households: Sequence[int] | None = None,
    step: timedelta = STEP,
    progress: Progress | None = None,
) -> Summary:
    """Make the demo in a migrated database that has none yet, connected as the worker.

    `households`: only these of the data. `step`: by how much the clock moves at once in the replay. Raises VuelveError `shop_exists` if there is a demo, `demo_data_missing`.
    """
    progress = progress or Silent()
    stopwatch = _Stopwatch()
    when = schedule(clock.now())
    retailer = Retailer(households)
    shop = ShopId(make_shop(when, now=clock.now()).pk)
    virtual = VirtualClock(when.live_from)
    stopwatch.lap("prepare")
    appended = import_history(shop, retailer, when, clock=virtual, progress=progress)
    stopwatch.lap("import")
    # Not clock.now() each time: a clock that runs on would never be caught up with.
    until = clock.now()
    events = live_events(retailer, when, until=until)
    appended += replay(shop, events, clock=virtual, until=until, step=step, progress=progress)
    stopwatch.lap("replay")
    summary = summarise(
        shop,
        expected=retailer.totals(),
        appended=appended,
        seconds=stopwatch.seconds,
        now=virtual.now(),
    )
    if summary.is_complete:
        audit(shop=shop, actor="system", action=FINISHED, target=SLUG, detail=summary.as_json())
    return summary
