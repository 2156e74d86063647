"""How runs move, on a virtual clock."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from vuelve.journeys.contracts import RunStatus
from vuelve.journeys.services import set_status
from vuelve.journeys.tests.scene import END, START, Scene, send, trigger, wait
from vuelve.platform.extension import StepGroup, Text, registry
from vuelve.platform.ids import ShopId


def test_a_wait_ends_at_its_exact_instant(scene: Scene) -> None:
    scene.template("hello")
    scene.publish({"wait": wait("send", days=3), "send": send("hello"), "end": END}, first="wait")
    scene.track("Order Completed")
    scene.settle()
    assert scene.run()["wake_at"] == START + timedelta(hours=72)
    scene.clock.move_to(START + timedelta(hours=72) - timedelta(microseconds=1))
    scene.settle()
    assert scene.messages() == []
    scene.clock.move_to(START + timedelta(hours=72))
    scene.settle()
    (message,) = scene.messages()
    assert message["queued_at"] == START + timedelta(hours=72)
    assert scene.run()["status"] == RunStatus.FINISHED
    assert scene.moves() == [("", "entered"), ("wait", "done"), ("send", "sent"), ("end", "finished")]


def test_the_next_wait_begins_when_the_last_one_is_left(scene: Scene) -> None:
    scene.publish(
        {"first": wait("second", seconds=60), "second": wait("end", days=1), "end": END}, first="first"
    )
    scene.track("Order Completed")
    scene.settle()
    scene.after(seconds=90)  # the worker was away for half a minute
    run = scene.run()
    assert (run["step_key"], run["wake_at"]) == ("second", START + timedelta(seconds=90, days=1))


def test_of_the_branches_that_are_true_the_first_is_taken(scene: Scene) -> None:
    scene.publish(
        {
            "split": {
                "type": "split",
                "config": {
                    "branches": [
                        {"name": "gold", "conditions": trigger("tier", "gold")},
                        {
                            "name": "pro",
                            "conditions": {"any": [trigger("tier", "gold"), trigger("plan", "pro")]},
                        },
                    ]
                },
                "next": {"gold": "end_gold", "pro": "end_pro", "otherwise": "end_other"},
            },
            "end_gold": END,
            "end_pro": END,
            "end_other": END,
        },
        first="split",
    )
    scene.track("Order Completed", "both", properties={"tier": "gold", "plan": "pro"})
    scene.track("Order Completed", "pro", properties={"plan": "pro"})
    scene.track("Order Completed", "none")
    scene.settle()
    assert {run["user_id"]: run["step_key"] for run in scene.runs()} == {
        "both": "end_gold",
        "pro": "end_pro",
        "none": "end_other",
    }


def test_a_coupon_is_issued_then_sent(scene: Scene) -> None:
    scene.template("offer", "{{ coupon.code }}")
    scene.publish(
        {
            "coupon": {
                "type": "issue_coupon",
                "config": {"percent": 10, "valid_days": 7, "output": "coupon"},
                "next": {"issued": "send"},
            },
            "send": send("offer", "wait"),
            "wait": wait("end", days=8),
            "end": END,
        },
        first="coupon",
        goal={"event": "Coupon Redeemed", "match": "code", "match_data": "coupon.code"},
    )
    scene.track("Order Completed", "ana", properties={"order_id": "A"})
    scene.track("Order Completed", "luis", properties={"order_id": "B"})
    scene.settle()
    issued = {row["code"]: row for row in scene.rows("SELECT * FROM commerce_coupon")}
    assert len(issued) == 2
    messages = scene.messages()
    assert {message["data"]["coupon"]["code"] for message in messages} == set(issued)
    for message in messages:
        coupon = issued[message["data"]["coupon"]["code"]]
        assert coupon["customer_id"] == message["customer_id"]
        assert coupon["percent"] == 10
    ana = next(run for run in scene.runs() if run["user_id"] == "ana")
    scene.clock.advance(timedelta(days=1))
    order = {
        "order_id": "C",
        "currency": "MXN",
        "total": 90,
        "coupon": ana["data"]["coupon"]["code"],
        "products": [{"product_id": "p", "price": 90, "quantity": 1}],
    }
    scene.track("Order Completed", "ana", properties=order)
    scene.settle()
    assert {run["user_id"]: run["status"] for run in scene.runs()} == {
        "ana": RunStatus.GOAL,
        "luis": RunStatus.ACTIVE,
    }


def test_a_paused_journey_stands_still_and_goes_on(scene: Scene) -> None:
    scene.template("hello")
    scene.publish({"wait": wait("send", days=1), "send": send("hello"), "end": END}, first="wait")
    scene.track("Order Completed")
    scene.settle()
    set_status(shop=scene.id, key="journey", status="paused", actor="test")
    scene.after(days=3)
    assert scene.messages() == []
    assert scene.run()["status"] == RunStatus.ACTIVE
    set_status(shop=scene.id, key="journey", status="live", actor="test")
    scene.settle()
    assert len(scene.messages()) == 1
    assert scene.run()["status"] == RunStatus.FINISHED


def test_an_archived_journey_lets_everybody_out(scene: Scene) -> None:
    scene.publish({"wait": wait("end", days=9), "end": END}, first="wait")
    for user in ("ana", "luis", "eva"):
        scene.track("Order Completed", user)
    scene.settle()
    set_status(shop=scene.id, key="journey", status="archived", actor="test")
    assert scene.tick(limit=2) == 2
    assert scene.tick(limit=2) == 1
    assert {(run["status"], run["end_reason"]) for run in scene.runs()} == {(RunStatus.EXITED, "archived")}
    assert scene.tally() == {("", "entered"): 3, ("wait", "exited"): 3}


def test_a_run_stays_on_the_version_it_began(scene: Scene) -> None:
    scene.template("old")
    scene.template("new")
    scene.publish({"wait": wait("send", days=1), "send": send("old"), "end": END}, first="wait")
    scene.track("Order Completed", "ana")
    scene.settle()
    scene.publish({"wait": wait("send", days=2), "send": send("new"), "end": END}, first="wait")
    scene.track("Order Completed", "luis")
    scene.settle()
    scene.after(days=1)
    assert [message["template"] for message in scene.messages()] == ["old"]
    scene.after(days=1)
    assert [message["template"] for message in scene.messages()] == ["old", "new"]


def test_a_tick_takes_no_more_than_its_limit(scene: Scene) -> None:
    scene.publish({"wait": wait("end", seconds=5), "end": END}, first="wait")
    for number in range(5):
        scene.track("Order Completed", f"user-{number}")
    scene.settle()
    scene.clock.advance(timedelta(seconds=5))
    assert [scene.tick(limit=2) for _ in range(4)] == [4, 4, 2, 0]
    assert scene.tally() == {("", "entered"): 5, ("wait", "done"): 5, ("end", "finished"): 5}


def test_ways_that_meet_again_are_walked_once(scene: Scene) -> None:
    # The short way reaches `send` two steps before the long one: it must be sent once, in one group, all the same.
    scene.template("hello")
    scene.publish(
        {
            "split": {
                "type": "split",
                "config": {"branches": [{"name": "long", "conditions": trigger("way", "long")}]},
                "next": {"long": "again", "otherwise": "send"},
            },
            "again": {
                "type": "split",
                "config": {"branches": [{"name": "yes", "conditions": trigger("way", "long")}]},
                "next": {"yes": "send", "otherwise": "send"},
            },
            "send": send("hello"),
            "end": END,
        },
        first="split",
    )
    scene.track("Order Completed", "ana", properties={"way": "long"})
    scene.track("Order Completed", "luis", properties={"way": "short"})
    scene.settle()
    assert len(scene.messages()) == 2
    assert [run["status"] for run in scene.runs()] == [RunStatus.FINISHED] * 2


# --- steps that fail ------------------------------------------------------------------------------------


class Breaks:
    """Does part of its work, then raises."""

    key: ClassVar[str] = "breaks"
    label: Text = "Breaks"
    icon: ClassVar[str] = "bolt"

    def check(self, config: Mapping[str, Any], path: str, shop: ShopId) -> None:
        pass

    def outcomes(self, config: Mapping[str, Any]) -> Sequence[str]:
        return ["done"]

    def summary(self, config: Mapping[str, Any]) -> Text:
        return ""

    def advance(self, group: StepGroup) -> None:
        if config_sends := group.config.get("sends"):
            group.sink.send(StepGroupWith(group, {"template": config_sends}))
        group.cursor.execute(str(group.config["sql"]))


def StepGroupWith(group: StepGroup, config: Mapping[str, Any]) -> StepGroup:
    from dataclasses import replace

    return replace(group, config=config)


@pytest.fixture
def breaks() -> Iterator[None]:
    registry.steps[Breaks.key] = Breaks()
    yield
    del registry.steps[Breaks.key]


def failing_branch(scene: Scene, sql: str) -> None:
    scene.template("hello")
    scene.publish(
        {
            "split": {
                "type": "split",
                "config": {"branches": [{"name": "bad", "conditions": trigger("luck", "bad")}]},
                "next": {"bad": "breaks", "otherwise": "send"},
            },
            "breaks": {
                "type": "breaks",
                "config": {"sends": "hello", "sql": sql},
                "next": {"done": "end"},
            },
            "send": send("hello"),
            "end": END,
        },
        first="split",
    )
    scene.track("Order Completed", "unlucky", properties={"luck": "bad"})
    scene.track("Order Completed", "lucky")
    scene.settle()


def test_a_step_that_raises_fails_its_runs_and_no_others(scene: Scene, breaks: None) -> None:
    failing_branch(scene, "SELECT 1 / 0")
    runs = {run["user_id"]: run for run in scene.runs()}
    assert runs["lucky"]["status"] == RunStatus.FINISHED
    assert runs["unlucky"]["status"] == RunStatus.FAILED
    assert runs["unlucky"]["end_reason"] == "breaks: division by zero"
    # What the step had done before it raised is undone.
    assert [message["customer_id"] for message in scene.messages()] == [runs["lucky"]["customer_id"]]
    assert scene.tally()["breaks", "failed"] == 1
    scene.after(days=1)
    assert len(scene.messages()) == 1


def test_a_run_that_is_given_no_outcome_fails(scene: Scene, breaks: None) -> None:
    failing_branch(scene, "SELECT 1")
    runs = {run["user_id"]: run for run in scene.runs()}
    assert runs["unlucky"]["status"] == RunStatus.FAILED
    assert "no edge" in runs["unlucky"]["end_reason"]
    assert runs["lucky"]["status"] == RunStatus.FINISHED


def test_trouble_of_the_server_fails_nobody(scene: Scene, breaks: None) -> None:
    """A time-out is not the step's fault: the batch is undone as a whole and tried again."""
    failing_branch(scene, "SELECT 1")
    scene.publish(
        {
            "breaks": {
                "type": "breaks",
                "config": {"sql": "SET LOCAL statement_timeout = 20; SELECT pg_sleep(5)"},
                "next": {"done": "end"},
            },
            "end": END,
        },
        first="breaks",
        key="slow",
        event="Slow",
    )
    scene.track("Slow", "lucky")
    with pytest.raises(Exception, match="statement timeout"):
        scene.settle()
    (run,) = [
        run for run in scene.runs() if run["step_key"] == "breaks" and run["status"] == RunStatus.ACTIVE
    ]
    assert run["ended_at"] is None


def test_the_tally_is_the_log_counted(scene: Scene) -> None:
    scene.template("hello")
    scene.publish(
        {"wait": wait("send", seconds=1), "send": send("hello"), "end": END},
        first="wait",
        exits=[{"event": "Order Cancelled"}],
    )
    for number in range(7):
        scene.track("Order Completed", f"user-{number}")
    scene.track("Order Cancelled", "user-3")
    scene.settle()
    scene.after(seconds=1)
    counted = scene.rows(
        "SELECT step_key, outcome, count(*)::int AS moves FROM journeys_transition GROUP BY step_key, outcome"
    )
    assert scene.tally() == {(row["step_key"], row["outcome"]): row["moves"] for row in counted}
    assert scene.tally()["send", "sent"] == 6
