"""How often something may happen, per key: token buckets in the memory of one process. Pure; time is passed in."""

import threading
from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_seconds: float


class Buckets:
    """Each key may take `burst` at once and `per_second` from then on.

    Bounded: past `keys_max` keys the buckets that are full again are dropped, since a new one would be full, too.
    """

    def __init__(self, *, per_second: float, burst: float, keys_max: int = 10_000) -> None:
        self.per_second = per_second
        self.burst = burst
        self._keys_max = keys_max
        self._buckets: dict[Hashable, _Bucket] = {}
        self._lock = threading.Lock()

    def take(self, key: Hashable, count: int, *, at_seconds: float) -> float:
        """Take `count` if the bucket is not empty; 0.0, or the seconds until it will not be.

        What is taken may exceed what is left: a batch is taken whole, and those that follow wait the longer.
        """
        with self._lock:
            bucket = self._at(key, at_seconds)
            if bucket.tokens <= 0:
                return (1 - bucket.tokens) / self.per_second
            bucket.tokens -= count
            return 0.0

    def take_up_to(self, key: Hashable, count: int, *, at_seconds: float) -> int:
        """Take as many of `count` as there are; returns how many."""
        with self._lock:
            bucket = self._at(key, at_seconds)
            taken = max(min(count, int(bucket.tokens)), 0)
            bucket.tokens -= taken
            return taken

    def _at(self, key: Hashable, at_seconds: float) -> _Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= self._keys_max:
                self._drop_full(at_seconds)
            bucket = self._buckets[key] = _Bucket(self.burst, at_seconds)
            return bucket
        bucket.tokens = self._filled(bucket, at_seconds)
        bucket.at_seconds = max(at_seconds, bucket.at_seconds)
        return bucket

    def _filled(self, bucket: _Bucket, at_seconds: float) -> float:
        passed = max(at_seconds - bucket.at_seconds, 0.0)
        return min(bucket.tokens + passed * self.per_second, self.burst)

    def _drop_full(self, at_seconds: float) -> None:
        self._buckets = {
            key: bucket
            for key, bucket in self._buckets.items()
            if self._filled(bucket, at_seconds) < self.burst
        }
        if len(self._buckets) >= self._keys_max:
            self._buckets.clear()
