"""Work on points that runs later: what orders from before a programme earn."""

from vuelve.loyalty.services.earning import award_past
from vuelve.loyalty.services.programmes import terms_of
from vuelve.platform import jobs
from vuelve.platform.clock import real
from vuelve.platform.ids import ShopId

ORDERS_PER_STEP = 5_000


@jobs.job("loyalty.award_history")
def award_history(*, shop: int) -> None:
    """From the beginning after a crash: an order earns once."""
    terms = terms_of(ShopId(shop))
    after: str | None = ""
    while terms is not None and terms.counts_history and after is not None:
        jobs.stop_if_told()
        after = award_past(ShopId(shop), terms, after=after, rows=ORDERS_PER_STEP, now=real.now())
