"""Tables that dbt put aside while it made new ones are dropped; of what does not exist nothing is asked."""

import jinja2
import pytest

from python_tests.known_company.project import ROOT


def dropped(relation: str | None, known: set[str], engine: str = "duckdb") -> list[str]:
    """What the project's `drop_relation_if_exists` drops, where dbt knows these tables."""
    drops: list[str] = []

    class Target:
        type = engine

    class Adapter:
        drop_relation = staticmethod(drops.append)

    text = ROOT.joinpath("macros/drop_relation_if_exists.sql").read_text(encoding="utf-8")
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    module = environment.from_string(text).make_module(
        {"target": Target, "adapter": Adapter, "load_cached_relation": lambda name: name if name in known else None}
    )
    module.drop_relation_if_exists(relation)  # type: ignore[attr-defined]
    return drops


def test_a_table_that_was_put_aside_is_dropped() -> None:
    assert dropped("deals__dbt_backup", {"deals", "deals__dbt_backup"}) == ["deals__dbt_backup"]


@pytest.mark.parametrize("relation", ["deals__dbt_backup", None])
def test_where_nothing_was_put_aside_nothing_is_dropped(relation: str | None) -> None:
    assert dropped(relation, {"deals"}) == []


def test_other_engines_are_asked_as_dbt_asks_them() -> None:
    assert dropped("deals__dbt_backup", set(), "spark") == ["deals__dbt_backup"]
