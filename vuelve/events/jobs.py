"""Work on events that runs later: a set-aside event goes to its consumer again, a property is read out of the past."""

import structlog
from django.db import InterfaceError, OperationalError

from vuelve.events import consuming, services
from vuelve.platform import jobs
from vuelve.platform.clock import real
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import ValueType, registry
from vuelve.platform.ids import ShopId

log = structlog.get_logger(__name__)


@jobs.job("events.take_again")
def take_again(*, shop: int, consumer: str, seq: int) -> None:
    """Once: a second failure is noted with its reason, and the event stays set aside."""
    for one in registry.consumers:
        if one.name != consumer:
            continue
        try:
            consuming.take_again(one, shop=ShopId(shop), seq=seq, clock=real)
        except (OperationalError, InterfaceError):
            raise  # trouble of the database passes: the job is tried again
        except Exception as error:
            log.exception("a set-aside event failed again", consumer=consumer, shop=shop, seq=seq)
            services.note_failure(
                shop=ShopId(shop), consumer=consumer, seq=seq, error=repr(error), now=real.now()
            )


@jobs.job("events.promote")
def promote(*, shop: int, event_name: str, property: str, value_type: str) -> None:
    """What a person has confirmed; a condition may have been quicker."""
    try:
        services.promote(
            shop=ShopId(shop), event_name=event_name, property=property, value_type=ValueType(value_type)
        )
    except VuelveError as error:
        log.warning(
            "a property is not read as was confirmed", shop=shop, property=property, reason=error.code
        )
