"""What `winloss/dbt/lighter.py` leaves out is work and no answer: dbt's own ways, run beside, say the same."""

from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from dbt.adapters.events.types import SQLQuery
from dbt.clients.jinja import MacroStack
from dbt.context.macros import MacroNamespaceBuilder
from dbt.exceptions import PackageNotFoundForMacroError
from dbt_common.clients import agate_helper
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.logger import LineFormat, LoggerConfig
from dbt_common.events.types import Note

from winloss.dbt.lighter import OWN, lighten

lighten()

# a name in several packages: in the one that is asked from, in the root and in those that belong to dbt
NAMES = {
    "dbt": ("as_table", "as_view", "hash", "current", "shared"),
    "dbt_duckdb": ("as_table", "shared"),
    "winloss": ("hash", "current", "shared"),
    "other": ("current", "helper", "shared", "dbt"),
}
MACROS = {
    package: {
        name: SimpleNamespace(name=name, package_name=package, unique_id=f"macro.{package}.{name}") for name in names
    }
    for package, names in NAMES.items()
}


def ids(member: Any) -> Any:
    """The macro, or those of a package by name."""
    return {name: ids(macro) for name, macro in member.items()} if isinstance(member, dict) else member.macro.unique_id


@pytest.mark.parametrize("asked_from", ["winloss", "other", "dbt"])
def test_every_name_leads_to_the_macro_that_dbt_would_take(asked_from: str) -> None:
    def build(way: Any) -> Any:
        builder = MacroNamespaceBuilder("winloss", asked_from, MacroStack(), ["dbt_duckdb", "dbt"], None)
        return way(builder, MACROS, {})

    own, lighter = build(OWN["build_namespace"]), build(MacroNamespaceBuilder.build_namespace)
    assert MacroNamespaceBuilder.build_namespace is not OWN["build_namespace"]
    assert {name: ids(own[name]) for name in own} == {name: ids(lighter[name]) for name in lighter}
    assert len(own) == len(lighter)
    # worked out by hand: the package that asks, then the root, then the adapter before dbt
    assert ids(lighter["current"]) == f"macro.{'winloss' if asked_from == 'dbt' else asked_from}.current"
    assert ids(lighter["as_table"]) == "macro.dbt_duckdb.as_table"
    for package in (None, "dbt", "winloss", "other"):
        for name in (*NAMES["dbt"], "helper", "nowhere"):
            found = [space.get_from_package(package, name) for space in (own, lighter)]
            assert [each and ids(each) for each in found[:1]] == [each and ids(each) for each in found[1:]]
    for space in (own, lighter):
        with pytest.raises(PackageNotFoundForMacroError):
            space.get_from_package("nowhere", "hash")


def said(way: Any, level: EventLevel, with_callback: bool, reads_details: bool = True) -> tuple[list[str], list[str]]:
    """Lines of a log at `level`, and what a callback heard, of three events."""
    stream, heard = StringIO(), list[str]()

    def hear(message: Any) -> None:
        heard.append(f"{message.info.level}: {message.info.msg}")

    hear.reads_details = reads_details  # type: ignore[attr-defined]
    events = EventManager()
    events.add_logger(
        LoggerConfig(name=f"of_{level}", level=level, line_format=LineFormat.PlainText, output_stream=stream)
    )
    if with_callback:
        events.add_callback(hear)
    way(events, SQLQuery(conn_name="a", sql="select 1", node_info={}))
    way(events, Note(msg="a detail"), EventLevel.DEBUG)
    way(events, Note(msg="read this"), EventLevel.INFO)
    # without the time of day
    return [line.partition("  ")[2] for line in stream.getvalue().splitlines()], heard


@pytest.mark.parametrize("level", [EventLevel.DEBUG, EventLevel.INFO, EventLevel.ERROR])
@pytest.mark.parametrize("with_callback", [True, False])
def test_a_log_and_a_callback_hear_what_they_would_of_dbt(level: EventLevel, with_callback: bool) -> None:
    own = said(OWN["fire_event"], level, with_callback)
    assert said(EventManager.fire_event, level, with_callback) == own
    assert any("read this" in line for line in own[0]) == (level != EventLevel.ERROR)
    assert len(own[1]) == (3 if with_callback else 0)


def test_a_callback_that_leaves_details_out_costs_none() -> None:
    assert said(EventManager.fire_event, EventLevel.INFO, True, reads_details=False)[1] == ["info: read this"]


def test_an_event_says_what_it_was_made_of_when_it_is_asked() -> None:
    event = SQLQuery(conn_name="a", sql="select 1", node_info={})
    assert event.message() == "On a: select 1"
    assert (event.sql, event.to_dict()["conn_name"]) == ("select 1", "a")
    event.sql = "select 2"
    assert event.pb_msg.sql == "select 2"
    with pytest.raises(AttributeError):
        _ = event.nothing_of_the_kind


def test_results_have_the_types_that_dbt_would_find() -> None:
    rows = [["1", "2026-01-02", "true", "null"], ["2", "2026-01-03", "false", "7"]]
    names = ["whole", "day", "flag", "text"]
    found = []
    for tester in (OWN["build_type_tester"](("text",), ()), *(agate_helper.build_type_tester(("text",), ()),) * 2):
        found.append([type(kind).__name__ for kind in tester.run(rows, names)])
    assert found[0] == found[1] == found[2]
    assert agate_helper.build_type_tester(("text",), ()) is agate_helper.build_type_tester(("text",), ())
    # null is a word where a column is text by its own word
    assert agate_helper.table_from_rows(rows, names, text_only_columns=["text"]).rows[0]["text"] == "null"
