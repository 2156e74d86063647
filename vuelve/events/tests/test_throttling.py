from vuelve.events.throttling import Buckets


def test_a_burst_then_a_rate() -> None:
    buckets = Buckets(per_second=10, burst=100)
    assert buckets.take("a", 100, at_seconds=0.0) == 0.0
    assert buckets.take("a", 1, at_seconds=0.0) == 0.1
    assert buckets.take("a", 1, at_seconds=0.2) == 0.0
    assert buckets.take("b", 1, at_seconds=0.0) == 0.0  # others do not wait


def test_a_batch_is_taken_whole_and_those_that_follow_wait_the_longer() -> None:
    buckets = Buckets(per_second=10, burst=5)
    assert buckets.take("a", 25, at_seconds=0.0) == 0.0
    assert buckets.take("a", 1, at_seconds=1.0) == 1.1
    assert buckets.take("a", 1, at_seconds=2.1) == 0.0


def test_part_of_a_batch() -> None:
    buckets = Buckets(per_second=1, burst=3)
    assert [buckets.take_up_to("a", 2, at_seconds=t) for t in (0, 0, 0, 1)] == [2, 1, 0, 1]


def test_a_clock_that_runs_backwards_gives_nothing_away() -> None:
    buckets = Buckets(per_second=1, burst=1)
    assert buckets.take("a", 1, at_seconds=10.0) == 0.0
    assert buckets.take("a", 1, at_seconds=5.0) > 0.0
    assert buckets.take("a", 1, at_seconds=10.0) > 0.0


def test_the_number_of_keys_is_bounded_and_those_in_use_stay() -> None:
    buckets = Buckets(per_second=1, burst=10, keys_max=50)
    buckets.take("busy", 1_000, at_seconds=0.0)
    for key in range(500):
        buckets.take(key, 1, at_seconds=float(key))
    assert len(buckets._buckets) <= 50
    assert buckets.take("busy", 1, at_seconds=500.0) > 0.0
