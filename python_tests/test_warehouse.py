"""`crm: warehouse`: canonical tables that stand in a database attached to DuckDB, typed, with gaps and with a column of their own."""

from pathlib import Path

import duckdb
import pytest

from python_tests.conftest import ROOT
from python_tests.known_company.project import Project, copy_project
from python_tests.speeds import thorough
from winloss.load.columns import COLUMNS

SAMPLE = ROOT / "seeds" / "sample"
ATTACHED = """      module_paths: ["."]
      attach:
        - {path: lake.duckdb, alias: lake, read_only: true}
"""
VARIABLES = {"crm": "warehouse", "warehouse_database": "lake", "warehouse_schema": "sales"}


def attach_lake(project: Project, *statements: str) -> Project:
    """Puts a database beside the project's and names it in the profile."""
    profile = project.folder / "profiles.yml"
    text = profile.read_text(encoding="utf-8")
    place = '      module_paths: ["."]\n'
    assert text.count(place) == 1
    profile.write_text(text.replace(place, ATTACHED), encoding="utf-8")
    with duckdb.connect(str(project.folder / "lake.duckdb")) as lake:
        lake.execute("create schema sales")
        for statement in statements:
            lake.execute(statement)
    return project


@pytest.fixture(scope="module", params=[thorough("built")])
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The sample company's deals as typed columns, without accounts, currency and the empty id; with a squad."""
    project = attach_lake(
        copy_project(tmp_path_factory.mktemp("warehouse"), seeds=None),
        f"""create table sales.deals as
        select
            * exclude (currency, created_on, closed_on, modified_at, amount, qualification_score, is_deleted),
            cast(created_on as date) as created_on, try_cast(closed_on as date) as closed_on, cast(modified_at as timestamp) as modified_at,
            cast(amount as decimal(18, 2)) as amount, cast(qualification_score as double) as qualification_score,
            cast(is_deleted as boolean) as "Is_Deleted",
            case when owner < 'M' then 'north' else 'south' end as squad,
            'no one reads this' as colour
        from read_csv('{SAMPLE}/sample_deals.csv', all_varchar = true)""",
        f"create view sales.contacts as from read_csv('{SAMPLE}/sample_contacts.csv', all_varchar = true)",
        f"create view sales.deal_contacts as from read_csv('{SAMPLE}/sample_deal_contacts.csv', all_varchar = true)",
    )
    done = project.build_for(
        "win_rate_baseline",
        "win_rates_by_persona",
        "win_rates_by_dimension",
        "input_files",
        "input_columns",
        variables={**VARIABLES, "extra_dimensions": {"team": "squad"}},
    )
    assert done.exit_code == 0, done.shown
    return project


def test_tables_count_as_their_rows_do(built: Project) -> None:
    # the sample company's fourth quarter of 2025 is known: 79 of 127 won, worth 7,781,500
    assert built.rows(
        "select won_deals, closed_deals, won_amount from marts.win_rate_baseline where period = 'quarter'"
    ) == [(79, 127, 7781500.0)]
    assert (
        built.rows("select count(*) from marts.win_rates_by_persona where period = 'all' and won_deals_with > 20")[0][0]
        > 5
    )


def test_every_row_of_every_table_is_accounted_for(built: Project) -> None:
    assert built.rows(
        "select object, source_file, records, accepted, rejected, excluded from marts.input_files order by object"
    ) == [
        ("contacts", "sales.contacts", 1709, 1709, 0, 0),
        ("deal_contacts", "sales.deal_contacts", 1827, 1826, 0, 1),
        ("deals", "sales.deals", 1047, 1042, 2, 3),
    ]


def test_what_a_table_lacks_and_what_nobody_reads_is_said(built: Project) -> None:
    said = built.rows(
        "select column_name, source_header, status from marts.input_columns where object = 'deals' and status != 'mapped' order by all"
    )
    of_accounts = [column.name for column in COLUMNS["accounts"] if column.is_dimension]
    missing = sorted([*of_accounts, "annual_revenue", "currency", "cycle_days", "employees"])
    assert said == [*((name, None, "missing") for name in missing), (None, "colour", "ignored")]
    assert built.rows("select column_name, source_header from marts.input_columns where source_header = 'squad'") == [
        ("team", "squad")
    ]


def test_a_column_of_ones_own_is_a_dimension(built: Project) -> None:
    with duckdb.connect() as connection:
        # accepted closed deals, told apart by hand: the newest version of each, no duplicate, no deleted one
        expected = connection.execute(
            f"""with newest as (
                select * from read_csv('{SAMPLE}/sample_deals.csv', all_varchar = true)
                where deal_id is not null
                qualify row_number() over (partition by deal_id order by modified_at desc) = 1
            )
            select case when owner < 'M' then 'north' else 'south' end as team, count(*)
            from newest
            where is_deleted = 'false' and lower(replace(outcome, '-', ' ')) in (
                select word from read_csv('{ROOT}/seeds/outcome_words.csv') where outcome = 'won'
            )
            group by all order by all"""
        ).fetchall()
    assert (
        built.rows(
            "select segment, won_deals from marts.win_rates_by_dimension where dimension = 'team' and period = 'all' order by all"
        )
        == expected
    )


@pytest.mark.parametrize(
    ("statements", "added", "says"),
    [
        (
            (),
            [],
            "There is no table lake.sales.deals to read deals from. Name its schema with the setting warehouse_schema.",
        ),
        (
            (
                "create table sales.deals as select 'D1' as deal_id, 'won' as result",
                "create table sales.deal_contacts as select 'D1' as deal_id, 'P' as person",
            ),
            [],
            "Table lake.sales.deals has no column outcome, but needs one. Make a view that has it; it has: deal_id, result.\n"
            "Table lake.sales.deal_contacts has no column contact_id, but needs one. Make a view that has it; it has: deal_id, person.",
        ),
        (
            ("create table sales.deals as select 'D1' as deal_id, 'won' as outcome",),
            ["team"],
            "Table lake.sales.deals has no column for the extra dimension team.",
        ),
        (
            ("create table sales.deals as select 'D1' as deal_id, 'won' as outcome, 'x' as \"order\"",),
            ["order"],
            "extra_dimensions.order: order already means something; map it under its own column, or choose another name.",
        ),
    ],
    ids=["no table", "no column", "no column of the dimension", "a name that is taken"],
)
def test_what_is_missing_is_said_before_the_first_model(
    tmp_path: Path, statements: tuple[str, ...], added: list[str], says: str
) -> None:
    project = attach_lake(copy_project(tmp_path, seeds=None), *statements)
    done = project.dbt("build", variables={**VARIABLES, **({"extra_dimensions": added} if added else {})})
    assert done.exit_code == 2
    assert all(sentence in done.shown for sentence in says.split("\n")) and "Traceback" not in done.shown
    assert not {
        name for name, status in done.statuses.items() if status == "success" and not name.startswith("winloss")
    }
