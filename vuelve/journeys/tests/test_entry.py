"""Who enters, how often, and what ends a run: the consumer, on real events."""

from datetime import timedelta

import pytest

from vuelve.journeys.contracts import RunStatus
from vuelve.journeys.services import set_status
from vuelve.journeys.tests.scene import END, Scene, trigger, wait
from vuelve.testing import track

WAITING = {"wait": wait("end", days=5), "end": END}
PER_ORDER = {"kind": "per_property", "property": "order_id"}


def statuses(scene: Scene) -> list[RunStatus]:
    return [RunStatus(run["status"]) for run in scene.runs()]


def test_once_means_once_in_a_life(scene: Scene) -> None:
    scene.publish(WAITING, first="wait")
    scene.track("Order Completed")
    scene.track("Order Completed")
    scene.settle()
    scene.after(days=6)
    assert statuses(scene) == [RunStatus.FINISHED]
    scene.track("Order Completed")
    scene.settle()
    assert statuses(scene) == [RunStatus.FINISHED]
    assert scene.tally()["", "entered"] == 1


def test_each_event_enters_and_a_repeated_message_does_not(scene: Scene) -> None:
    scene.publish(WAITING, first="wait", reentry={"kind": "each_event"})
    scene.track("Order Completed", message_id="one")
    scene.track("Order Completed", message_id="two")
    scene.settle()
    scene.track("Order Completed", message_id="two")
    scene.settle()
    assert len(scene.runs()) == 2


def test_once_for_each_value_of_a_property(scene: Scene) -> None:
    scene.publish(WAITING, first="wait", reentry=PER_ORDER)
    for order, message in (("A", "1"), ("B", "2"), ("A", "3")):
        scene.track("Order Completed", message_id=message, properties={"order_id": order})
    scene.track("Order Completed", "luis", properties={"order_id": "A"})
    scene.settle()
    assert sorted((run["user_id"], run["entry_key"]) for run in scene.runs()) == [
        ("ana", "A"),
        ("ana", "B"),
        ("luis", "A"),
    ]


@pytest.mark.parametrize("properties", [{}, {"order_id": None}, {"order_id": ""}, {"order_id": "x" * 256}])
def test_without_a_usable_value_nobody_enters_and_it_is_counted(
    scene: Scene, properties: dict[str, str]
) -> None:
    scene.publish(WAITING, first="wait", event="Gift Wrapped", reentry=PER_ORDER)
    scene.track("Gift Wrapped", properties=properties)
    scene.track("Gift Wrapped", "luis", properties={"order_id": "B"})
    scene.settle()
    assert [run["entry_key"] for run in scene.runs()] == ["B"]
    assert scene.tally() == {("", "entered"): 1, ("", "missing_property"): 1}


def test_history_does_not_enter(scene: Scene) -> None:
    scene.publish(WAITING, first="wait")
    track(
        scene.shop,
        "Order Completed",
        user_id="ana",
        at=scene.clock.now(),
        received_at=scene.clock.now(),
        historical=True,
    )
    scene.settle()
    assert scene.runs() == []


def test_history_does_not_end_runs(scene: Scene) -> None:
    scene.publish(WAITING, first="wait", exits=[{"event": "Order Cancelled"}])
    scene.track("Order Completed")
    scene.settle()
    scene.clock.advance(timedelta(hours=1))
    scene.track("Order Cancelled", historical=True)
    scene.settle()
    assert statuses(scene) == [RunStatus.ACTIVE]


def test_conditions_on_the_entry_event(scene: Scene) -> None:
    scene.publish(WAITING, first="wait", conditions=trigger("plan", "pro"))
    scene.track("Order Completed", "ana", properties={"plan": "pro"})
    scene.track("Order Completed", "luis", properties={"plan": "free"})
    scene.track("Order Completed", "eva")
    scene.settle()
    assert [run["user_id"] for run in scene.runs()] == ["ana"]


def test_other_shops_are_other_worlds(scene: Scene, log: None) -> None:
    from vuelve.testing import make_shop

    other = Scene(make_shop())
    scene.publish(WAITING, first="wait")
    other.track("Order Completed")
    other.settle()
    scene.settle()
    assert scene.runs() == []
    assert other.runs() == []


def test_a_late_event_enters_now_and_is_dated_by_what_happened(scene: Scene) -> None:
    scene.publish(WAITING, first="wait")
    happened = scene.clock.now() - timedelta(days=2)
    scene.track("Order Completed", at=happened)
    scene.settle()
    run = scene.run()
    assert run["entered_at"] == happened
    assert run["wake_at"] == scene.clock.now() + timedelta(days=5)


# --- goals and exits ----------------------------------------------------------------------------------


def test_a_goal_ends_the_run_where_it_stands(scene: Scene) -> None:
    scene.publish(WAITING, first="wait", goal={"event": "Review Sent"})
    scene.track("Order Completed")
    scene.settle()
    scene.clock.advance(timedelta(hours=1))
    scene.track("Review Sent")
    scene.settle()
    run = scene.run()
    assert (run["status"], run["end_reason"], run["step_key"]) == (RunStatus.GOAL, "Review Sent", "wait")
    assert run["ended_at"] == scene.clock.now()
    assert scene.moves() == [("", "entered"), ("wait", "goal")]
    scene.after(days=6)
    assert scene.moves() == [("", "entered"), ("wait", "goal")]


def test_in_one_batch_the_order_of_events_decides(scene: Scene) -> None:
    scene.publish(WAITING, first="wait", exits=[{"event": "Order Cancelled"}])
    scene.track("Order Completed", "ana")
    scene.track("Order Cancelled", "ana")
    scene.track("Order Cancelled", "luis")
    scene.track("Order Completed", "luis")
    scene.settle()
    assert {run["user_id"]: run["status"] for run in scene.runs()} == {
        "ana": RunStatus.EXITED,
        "luis": RunStatus.ACTIVE,
    }


def test_what_happened_before_the_entry_never_ends_a_run_however_late_it_is_told(scene: Scene) -> None:
    scene.publish(WAITING, first="wait", goal={"event": "Review Sent"})
    scene.track("Order Completed")
    scene.settle()
    scene.clock.advance(timedelta(hours=1))
    scene.track("Review Sent", at=scene.clock.now() - timedelta(hours=2))
    scene.settle()
    assert statuses(scene) == [RunStatus.ACTIVE]


def test_of_a_goal_and_an_exit_the_first_counts(scene: Scene) -> None:
    scene.publish(WAITING, first="wait", goal={"event": "Review Sent"}, exits=[{"event": "Order Cancelled"}])
    for user, first, second in (
        ("ana", "Review Sent", "Order Cancelled"),
        ("luis", "Order Cancelled", "Review Sent"),
    ):
        scene.track("Order Completed", user)
        scene.track(first, user)
        scene.track(second, user)
    scene.settle()
    assert {run["user_id"]: run["end_reason"] for run in scene.runs()} == {
        "ana": "Review Sent",
        "luis": "Order Cancelled",
    }
    assert scene.tally() == {("", "entered"): 2, ("wait", "goal"): 1, ("wait", "exited"): 1}


def test_an_exit_ends_only_the_run_of_its_order(scene: Scene) -> None:
    scene.publish(
        WAITING,
        first="wait",
        reentry=PER_ORDER,
        exits=[{"event": "Order Cancelled", "match": "order_id"}],
    )
    scene.track("Order Completed", properties={"order_id": "A"})
    scene.track("Order Completed", properties={"order_id": "B"})
    scene.track("Order Cancelled", properties={"order_id": "B"})
    scene.track("Order Cancelled", properties={"order_id": "C"})
    scene.settle()
    assert {run["entry_key"]: run["status"] for run in scene.runs()} == {
        "A": RunStatus.ACTIVE,
        "B": RunStatus.EXITED,
    }


def test_an_exit_may_match_another_property_of_the_entry_event(scene: Scene) -> None:
    scene.publish(
        WAITING,
        first="wait",
        event="Gift Wrapped",
        reentry={"kind": "each_event"},
        exits=[{"event": "Gift Returned", "match": "order_id"}],
    )
    scene.track("Gift Wrapped", properties={"order_id": "A", "plan": "pro"})
    scene.track("Gift Wrapped", properties={"order_id": "B"})
    scene.track("Gift Wrapped", properties={})
    scene.settle()
    scene.track("Gift Returned", properties={"order_id": "A"})
    scene.track("Gift Returned", properties={})
    scene.settle()
    assert [(run["data"].get("trigger"), run["status"]) for run in scene.runs()] == [
        ({"order_id": "A"}, RunStatus.EXITED),
        ({"order_id": "B"}, RunStatus.ACTIVE),
        ({"order_id": None}, RunStatus.ACTIVE),
    ]


def test_an_ending_may_have_conditions(scene: Scene) -> None:
    scene.publish(
        WAITING,
        first="wait",
        goal={"event": "Order Completed", "conditions": trigger("plan", "pro")},
    )
    for user, plan in (("ana", "pro"), ("luis", "free")):
        scene.track("Order Completed", user, properties={"plan": "free"})
        scene.track("Order Completed", user, properties={"plan": plan})
    scene.settle()
    assert {run["user_id"]: run["status"] for run in scene.runs()} == {
        "ana": RunStatus.GOAL,
        "luis": RunStatus.ACTIVE,
    }


# --- status and versions --------------------------------------------------------------------------------


def test_in_a_paused_journey_nobody_enters_but_exits_still_count(scene: Scene) -> None:
    scene.publish(WAITING, first="wait", exits=[{"event": "Order Cancelled"}])
    scene.track("Order Completed", "ana")
    scene.settle()
    set_status(shop=scene.id, key="journey", status="paused", actor="test")
    scene.track("Order Completed", "luis")
    scene.track("Order Cancelled", "ana")
    scene.settle()
    assert {run["user_id"]: run["status"] for run in scene.runs()} == {"ana": RunStatus.EXITED}
    set_status(shop=scene.id, key="journey", status="live", actor="test")
    scene.settle()
    assert len(scene.runs()) == 1


def test_runs_of_an_old_version_end_by_its_own_rules(scene: Scene) -> None:
    scene.publish(WAITING, first="wait", exits=[{"event": "Order Cancelled"}])
    scene.track("Order Completed", "ana")
    scene.settle()
    scene.publish(WAITING, first="wait", exits=[{"event": "Order Refunded"}])
    scene.track("Order Completed", "luis")
    scene.settle()
    for user in ("ana", "luis"):
        scene.track("Order Cancelled", user)
    scene.settle()
    assert {run["user_id"]: run["status"] for run in scene.runs()} == {
        "ana": RunStatus.EXITED,
        "luis": RunStatus.ACTIVE,
    }


def test_what_commerce_refused_begins_nothing_and_ends_nothing(scene: Scene) -> None:
    """An order in a currency that does not exist is no order: nobody is thanked for it."""
    scene.publish(WAITING, first="wait", reentry={"kind": "each_event"}, exits=[{"event": "Order Completed"}])
    scene.track("Order Completed", "ana", properties={"currency": "PESOS", "total": 10})
    scene.settle()
    assert scene.runs() == []
    scene.track("Order Completed", "ana")
    scene.settle()
    scene.clock.advance(timedelta(hours=1))
    scene.track("Order Completed", "ana", properties={"currency": "PESOS", "total": 10})
    scene.settle()
    assert statuses(scene) == [RunStatus.ACTIVE]
