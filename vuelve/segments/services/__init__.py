"""Conditions are checked, compiled and run here; segments are defined and filled here. The only writer of the tables."""

from vuelve.segments.services.conditions import (
    CompiledCondition,
    check_condition,
    check_promotions,
    compile_condition,
    describe,
    open_subjects,
    prepare_condition,
)
from vuelve.segments.services.definitions import (
    archive,
    change,
    create,
    duplicate,
    restore_version,
    upload,
)
from vuelve.segments.services.looking import explain, preview, unseen
from vuelve.segments.services.membership import fill_touched, hold, judge_touched
from vuelve.segments.services.refreshing import ask_to_fill, fill, sweep

__all__ = [
    "CompiledCondition",
    "archive",
    "ask_to_fill",
    "change",
    "check_condition",
    "check_promotions",
    "compile_condition",
    "create",
    "describe",
    "duplicate",
    "explain",
    "fill",
    "fill_touched",
    "hold",
    "judge_touched",
    "open_subjects",
    "prepare_condition",
    "preview",
    "restore_version",
    "sweep",
    "unseen",
    "upload",
]
