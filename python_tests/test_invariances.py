"""What decides no claim: names of segments, the order of rows, into how many files an export is cut, a field that is empty.

Of a company with effects in every family, over all published tables that hold a claim, a grade or a verdict. Lines of one decision and
outcomes swapped: test_repeated_deals.py.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from python_tests.conftest import SampleBuild
from python_tests.known_company.project import Project, copy_project, csv_text
from python_tests.repeated_company import COLUMNS, Rows, company, told, variables
from python_tests.test_repeated_deals import KEYS

Told = Mapping[str, list[dict[str, Any]]]

TABLES = (*KEYS, "icp_profile", "open_pipeline_by_profile")
# what was advised and said in earlier builds, of which there are none here; and what is advised in general
OF_EARLIER_BUILDS = {"recommendation_follow_up", "report_changes", "dim_playbook"}
# columns that hold a judgement
JUDGED = re.compile(
    r"grade|.*verdict|action|agreement|.*_standing|p_value|is_(claimed|changed|promising|reliable|allowed|outside_limits|shift|within)"
)

# in the opposite order of the alphabet; Web has three letters, and short names are told with their dimension
NAMES = {
    "industry": {"Banking": "Umber", "Energy": "Teal", "Mining": "Scarlet", "Retail": "Russet"},
    "region": {"North": "Yonder", "South": "Midway", "West": "Hither"},
    "lead_source": {"Cold call": "Wicket", "Referral": "Trellis", "Web": "Fen"},
    "product": {"Basic": "Plinth", "Premium": "Cornice"},
    "competitor": {"Acme": "Wolfram", "Globex": "Vanadium", "Initech": "Tantalum", "Umbrella": "Rhenium"},
}


def renamed(tables: dict[str, Rows]) -> dict[str, Rows]:
    return {
        table: [
            {column: NAMES[column].get(str(cell), cell) if column in NAMES else cell for column, cell in row.items()}
            for row in rows
        ]
        for table, rows in tables.items()
    }


def files_of(tables: dict[str, Rows], parts: int = 1, empty: tuple[str, ...] = ()) -> dict[str, str]:
    """The export files by name: each object in so many, dealt out in turn; with empty columns of deals."""
    return {
        f"{table}{part or ''}.csv": csv_text([*COLUMNS[table], *(empty if table == "deals" else ())], rows[part::parts])
        for table, rows in tables.items()
        for part in range(parts)
    }


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Told]:
    """The tables of an export, its mapping read with what is more."""

    def made(exported: dict[str, str], **mapping: Any) -> Told:
        project: Project = copy_project(tmp_path_factory.mktemp("invariances"), seeds=None)
        for name, text in exported.items():
            project.write(name, text)
        settings = variables()
        settings["mapping"] = settings["mapping"] | mapping
        built = project.build_for(*TABLES, variables=settings)
        assert built.exit_code == 0, built.shown
        return {table: told(project, table) for table in TABLES}

    return made


@pytest.fixture(scope="module")
def as_exported(build: Callable[..., Told]) -> Told:
    return build(files_of(company()))


def rounded(row: dict[str, Any]) -> str:
    """A row as text, floats to nine places, for sums of many names are added up in another order; so are segments listed in one cell."""
    row = row | {"advice": sorted(row["advice"].split("; "))} if "advice" in row else row
    return repr({name: round(cell, 9) + 0.0 if isinstance(cell, float) else cell for name, cell in row.items()})


def differences(one: Told, other: Told) -> list[str]:
    """Rows that only one has, by table."""
    rows = {table: ({rounded(row) for row in one[table]}, {rounded(row) for row in other[table]}) for table in TABLES}
    return [f"{table} {sorted(a ^ b)[:4]}" for table, (a, b) in rows.items() if a != b]


def test_every_published_table_that_judges_is_looked_at(sample_build: SampleBuild) -> None:
    columns = sample_build.rows(
        "select columns.table_name, columns.column_name from information_schema.columns as columns "
        "inner join reference.published_tables as tables on columns.table_name = tables.table_name "
        "where columns.table_schema = 'marts' and tables.is_published"
    )
    judging = {row["table_name"] for row in columns if JUDGED.fullmatch(row["column_name"])}
    assert judging - OF_EARLIER_BUILDS <= set(TABLES)
    assert len(judging) > 20


@pytest.mark.slow
def test_neither_the_order_of_rows_nor_the_number_of_files_decides(
    build: Callable[..., Told], as_exported: Told
) -> None:
    tables = {name: random.Random(5).sample(rows, len(rows)) for name, rows in company().items()}
    assert differences(as_exported, build(files_of(tables, 2), files={name: f"{name}*.csv" for name in COLUMNS})) == []


@pytest.mark.slow
def test_names_decide_nothing(build: Callable[..., Told], as_exported: Told) -> None:
    back = {new: old for names in NAMES.values() for old, new in names.items()}
    renames = re.compile("|".join(back))

    def named_back(cell: Any) -> Any:
        return renames.sub(lambda found: back[found.group()], cell) if isinstance(cell, str) else cell

    other = build(files_of(renamed(company())))
    found = {
        table: [{column: named_back(cell) for column, cell in row.items()} for row in rows]
        for table, rows in other.items()
    }
    assert differences(as_exported, found) == []


@pytest.mark.slow
def test_an_empty_dimension_decides_nothing(build: Callable[..., Told], as_exported: Told) -> None:
    other = build(files_of(company(), empty=("territory",)), dimensions={"territory": "territory"})
    # the profile tells what is advised of every dimension, and so of this one
    kept = {table: [row for row in rows if "territory" not in row.values()] for table, rows in other.items()}
    assert kept["icp_profile"] != other["icp_profile"]
    assert differences(as_exported, kept) == []
