"""Which tests `make check` leaves to `make test` and `make test-slow`, found from what a test uses.

A test is marked `dbt` when it, one of its fixtures or a helper they call runs dbt on a company. The marks `long`, `browser`, `spark`,
`thorough` and `slow` are set by hand where they belong. A test that starts dbt all the same, unseen, fails: the quick run would slowly become the long one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from types import CodeType, ModuleType
from typing import Any

import pytest

# What runs dbt, under the name that a caller writes: methods of the builds and places of the tests, and dbt's own.
RUNS_DBT = frozenset({"dbt", "dbtRunner"})


def thorough(*values: Any) -> Any:
    """A case of a test, or of a fixture and all that use it, that CI runs and `make test` does not."""
    return pytest.param(*values, marks=pytest.mark.thorough)


def mark_by_use(items: list[pytest.Item]) -> None:
    """Marks the tests that run dbt."""
    known: dict[Any, bool] = {}
    for item in items:
        functions = [getattr(item, "function", None)]
        fixtures = getattr(item, "_fixtureinfo", None)
        for definitions in fixtures.name2fixturedefs.values() if fixtures else ():
            functions += [definition.func for definition in definitions]
        if any(function is not None and runs_dbt(function, known) for function in functions):
            item.add_marker("dbt")


def longest_first(items: list[pytest.Item]) -> None:
    """Puts Spark and then files with tests that run dbt before the others: the process that gets a long file last works on while the others are done."""
    spark, long = ({item.path for item in items if item.get_closest_marker(mark)} for mark in ("spark", "dbt"))
    items.sort(key=lambda item: (item.path not in spark, item.path not in long))


def runs_dbt(function: Any, known: dict[Any, bool]) -> bool:
    """Whether a function, or a helper of the tests that it calls, runs dbt. `known` keeps what was found."""
    function = inspect.unwrap(function)
    code = getattr(function, "__code__", None)
    if code is None or not _is_ours(function):
        return False
    if function not in known:
        known[function] = False  # helpers may call each other
        names = set(_names(code))
        known[function] = bool(names & RUNS_DBT) or any(
            runs_dbt(used, known) for used in _used(function.__globals__, names)
        )
    return known[function]


def _used(space: dict[str, Any], names: set[str]) -> Iterator[Callable[..., Any]]:
    """Functions of these names: those of a module, of the modules of tests that it names, and methods of the classes it knows."""
    modules = [space[name] for name in names if isinstance(space.get(name), ModuleType)]
    # imported within a function
    modules += [import_module(name) for name in names if name.startswith("python_tests.")]
    classes = [value for value in space.values() if isinstance(value, type) and _is_ours(value)]
    for place in (space, *(vars(known) for known in (*modules, *classes))):
        yield from (place[name] for name in names if callable(place.get(name)) and not isinstance(place[name], type))


def _is_ours(thing: Any) -> bool:
    return str(getattr(thing, "__module__", "")).startswith(("python_tests", "test_", "conftest"))


def _names(code: CodeType) -> Iterator[str]:
    """Names and attributes that a function and what is written within it use."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


_at_work: pytest.Item | None = None


def begin(item: pytest.Item | None) -> None:
    """Notes which test is at work, its fixtures included; None between tests."""
    global _at_work
    _at_work = item


def dbt_starts() -> None:
    """Called by what runs dbt for tests. Fails where the test at work is not marked `dbt`."""
    if _at_work is not None and _at_work.get_closest_marker("dbt") is None:
        pytest.fail(f"{_at_work.nodeid} runs dbt and is not marked so. Mark it: @pytest.mark.dbt", pytrace=False)
