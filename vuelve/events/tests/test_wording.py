"""Every code by which an event can be refused has words for the people who read the list of refused ones."""

from vuelve.events.refusals import OF_EVENTS, OF_REQUESTS
from vuelve.events.wording import REFUSALS

# Answered, but never kept: nobody's, or not about an event.
NEVER_KEPT = {"wrong_key", "method_not_allowed", "bad_events"}


def test_every_code_has_words_and_all_words_a_code() -> None:
    codes = {one.code for one in (*OF_EVENTS, *OF_REQUESTS)}
    assert codes - NEVER_KEPT == set(REFUSALS)
