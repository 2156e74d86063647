"""What segments do with a batch of events: whoever was touched is looked at again, within the batch."""

from typing import ClassVar

from django.utils.translation import gettext_lazy

from vuelve.platform.extension import EventBatch, Text
from vuelve.segments.contracts import EVENTS
from vuelve.segments.queries import filled_segments, live_segments
from vuelve.segments.services import fill_touched, hold, judge_touched
from vuelve.segments.tree import leaves_of


class SegmentsConsumer:
    name: ClassVar[str] = "segments"
    label: ClassVar[Text] = gettext_lazy("Segments")
    is_identity: ClassVar[bool] = False
    # Behind loyalty too it would make that lead as well, and three consumers would share a thread: points are events, and
    # touch their customer again.
    after: ClassVar[tuple[str, ...]] = ("identity", "commerce")
    reads_log: ClassVar[bool] = True

    def names(self) -> frozenset[str] | None:
        """Without a segment nothing is read; with one everything is, since any event may matter to it."""
        return None if live_segments() else frozenset()

    def consume(self, batch: EventBatch) -> None:
        segments = live_segments()
        if not segments:
            return
        read = {
            leaf.get("name")
            for each in segments.values()
            for one in each
            for leaf, _path in leaves_of(one.tree)
        }
        # Its own news would have everybody looked at twice.
        touched = fill_touched(batch, shops=list(segments), unread=sorted(EVENTS - read))
        for shop in touched:
            # First the lock, then the look: a fill that ends in between is seen, and does not see what this batch will judge.
            hold(batch.cursor, shop, is_alone=False)
            judge_touched(batch.cursor, shop=shop, segments=filled_segments(shop), now=batch.now)
