"""Work that dbt repeats for every step and no one reads, left out: what it writes, builds and says stays the same.

dbt makes an object for each of its 700 macros whenever it renders a template, several times a step, and forms every event of its debug log,
whether or not a log is kept at that level. For each result of a query it makes the types it may have anew, a parser of spoken dates among
them. Together they took a quarter of the sample company's build.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from threading import local
from typing import Any

from dbt.clients.jinja import MacroGenerator
from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder
from dbt.tracking import track_behavior_change_warn
from dbt_common.clients import agate_helper
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager

# dbt's own ways, as they stood
OWN: dict[str, Any] = {
    "build_namespace": MacroNamespaceBuilder.build_namespace,
    "form_event": BaseEvent.__init__,
    "fire_event": EventManager.fire_event,
    "build_type_tester": agate_helper.build_type_tester,
}


@cache
def lighten() -> None:
    """Puts the lighter ways in the place of dbt's own, in this process and once."""
    MacroNamespaceBuilder.build_namespace = _build_namespace  # type: ignore[method-assign]
    _read_events_when_asked()
    EventManager.fire_event = _fire_what_is_read  # type: ignore[method-assign]
    agate_helper.build_type_tester = _kept_type_tester


class _Macro(MacroGenerator):
    def __init__(self, macro: Any, context: dict[str, Any], node: Any, stack: Any) -> None:
        # what the three classes above it do, each in a call of its own
        self.macro = macro
        self.context = context
        self.node = node
        self.stack = stack


class _Namespace(MacroNamespace):
    """Every name looked up once, when the namespace is made, instead of in five dictionaries each time."""

    def __init__(self, *spaces: Any, **named: Any) -> None:
        super().__init__(*spaces, **named)
        self._members: dict[str, Any] = {}
        for space in reversed(list(self._search_order())):
            self._members.update(space)

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __getitem__(self, key: str) -> Any:
        return self._members[key]


def _build_namespace(self: Any, macros_by_package: dict[str, dict[str, Any]], ctx: dict[str, Any]) -> MacroNamespace:
    """As `MacroNamespaceBuilder.build_namespace`, a package at a time instead of a macro at a time."""
    node, stack = self.node, self.thread_ctx
    made = {
        package: {name: _Macro(macro, ctx, node, stack) for name, macro in macros.items()}
        for package, macros in macros_by_package.items()
    }
    internal: dict[str, Any] = {}
    # the first of the list wins
    for package in reversed(self.internal_package_names_order):
        internal.update(made.get(package, {}))
    packages = {package: space for package, space in made.items() if package not in self.internal_package_names}
    return _Namespace(
        global_namespace=packages.get(self.root_package, {}),
        local_namespace=packages.get(self.search_package, {}),
        global_project_namespace=internal,
        packages=packages,
    )


def _read_events_when_asked() -> None:
    """An event keeps what it was made of, and becomes a message when it is looked at."""

    def keep(self: Any, *args: Any, **kwargs: Any) -> None:
        self.__dict__["made_of"] = (args, kwargs)

    def read(self: Any, key: str) -> Any:
        if key != "pb_msg":
            return getattr(self.pb_msg, key)
        if "made_of" not in self.__dict__:
            raise AttributeError(key)
        args, kwargs = self.__dict__.pop("made_of")
        OWN["form_event"](self, *args, **kwargs)
        return self.__dict__["pb_msg"]

    def write(self: Any, key: str, value: Any) -> None:
        if key == "pb_msg":
            self.__dict__[key] = value
        else:
            setattr(self.pb_msg, key, value)

    for name, way in (("__init__", keep), ("__getattr__", read), ("__setattr__", write)):
        setattr(BaseEvent, name, way)


def _fire_what_is_read(
    self: Any, e: Any, level: Any = None, node: Any = None, force_warn_or_error_handling: bool = False
) -> None:
    """As `EventManager.fire_event`, but for details that no one reads."""
    is_detail = (level or e.level_tag()) == EventLevel.DEBUG and not force_warn_or_error_handling
    if is_detail and not _has_readers_of_details(self):
        return
    OWN["fire_event"](self, e, level, node, force_warn_or_error_handling)


def _has_readers_of_details(events: Any) -> bool:
    """Whether a log is kept at the level of debugging, or a caller of dbt listens who does not say that it leaves such events out."""
    return any(logger.level in (EventLevel.DEBUG, EventLevel.TEST) for logger in events.loggers) or any(
        getattr(callback, "reads_details", callback is not track_behavior_change_warn) for callback in events.callbacks
    )


# a parser of dates notes what it is about
_of_thread = local()


def _kept_type_tester(text_columns: Iterable[str], string_null_values: Iterable[str] | None = ("null", "")) -> Any:
    """As `build_type_tester`, made once for each set of columns that are text."""
    testers: dict[Any, Any] = _of_thread.__dict__.setdefault("testers", {})
    key = (tuple(text_columns), None if string_null_values is None else tuple(string_null_values))
    if key not in testers:
        testers[key] = OWN["build_type_tester"](*key)
    return testers[key]
