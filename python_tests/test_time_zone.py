"""A moment is no day until it is said where: closes on the evening of a quarter's last day, as CRMs export them in UTC."""

from typing import Any

import pytest

from python_tests.conftest import ROOT
from python_tests.known_company.project import Project, copy_project
from python_tests.speeds import thorough
from winloss import settings
from winloss.load.parsing import date_column, date_sql, timestamp_sql

HEADER = (
    "hs_object_id,dealname,dealstage,pipeline,amount,closedate,createdate,hs_lastmodifieddate,"
    "hs_is_closed_won,hs_is_closed_lost,hs_is_closed\n"
)
# number of the deal, its close, whether it was won
CLOSES = [
    (1, "2025-10-14T17:00:00Z", True),
    (2, "2025-11-18T17:00:00Z", False),
    # on 31 December in Phoenix, which is seven hours behind
    (3, "2026-01-01T00:05:11Z", True),
    (4, "2026-01-01T06:59:00.000Z", True),
    # on 1 January there, too
    (5, "2026-01-01T07:00:00Z", False),
    # a day without a time, which CRMs write as midnight: no zone moves it
    (6, "2026-01-01T00:00:00Z", True),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copy_project(tmp_path_factory.mktemp("time_zone"))


def built_in(project: Project, **variables: Any) -> dict[str, Any]:
    built = project.build_for("fct_closed_deals", "data_quality_findings", "alerts", "dim_periods", variables=variables)
    assert built.exit_code == 0, built.shown
    quarters = project.rows(
        "select closed_quarter, count(*) filter (where outcome = 'won'), count(*) from marts.fct_closed_deals group by 1"
    )
    return {
        "quarters": {quarter: (won, closed) for quarter, won, closed in quarters},
        "findings": dict(project.rows("select rule_id, records from marts.data_quality_findings")),
        "raised": {alert for (alert,) in project.rows("select alert from marts.alerts where is_raised")},
        "zones": project.rows("select distinct time_zone from marts.dim_periods"),
    }


@pytest.fixture(scope="module", params=[thorough("built")])
def hubspot(project: Project) -> dict[str, dict[str, Any]]:
    project.empty_exports()
    lines = [
        f"{number},Deal {number},{'closedwon' if won else 'closedlost'},default,10000,{close},2025-09-01T17:00:00Z,"
        f"2026-01-02T17:00:00Z,{str(won).lower()},{str(not won).lower()},true\n"
        for number, close, won in CLOSES
    ]
    project.write("hubspot-deals-2026-01-05.csv", HEADER + "".join(lines))
    return {zone: built_in(project, crm="hubspot", time_zone=zone) for zone in ("", "America/Phoenix")}


def test_a_moment_becomes_a_day_in_the_zone_of_the_company(hubspot: dict[str, dict[str, Any]]) -> None:
    assert hubspot["America/Phoenix"]["quarters"] == {"2025-Q4": (3, 4), "2026-Q1": (1, 2)}
    assert hubspot["America/Phoenix"]["zones"] == [("America/Phoenix",)]


def test_without_a_zone_a_day_is_that_of_utc_and_deals_that_a_zone_decides_on_are_counted(
    hubspot: dict[str, dict[str, Any]],
) -> None:
    assert hubspot[""]["quarters"] == {"2025-Q4": (1, 2), "2026-Q1": (3, 4)}
    assert hubspot[""]["zones"] == [("UTC",)]
    # 3, 4 and 5: within twelve hours of the new year; not 6, which is a day
    assert hubspot[""]["findings"]["time_zone_decides_quarter"] == 3
    assert "time_zone" in hubspot[""]["raised"]
    assert hubspot["America/Phoenix"]["findings"]["time_zone_decides_quarter"] == 0
    assert "time_zone" not in hubspot["America/Phoenix"]["raised"]


@pytest.fixture(scope="module", params=[thorough("built")])
def salesforce(project: Project) -> dict[str, Any]:
    project.empty_exports()
    deals, history = [], []
    # the close date, and when the history shows the deal closing in UTC
    closes = [
        ("2025-10-06", "2025-10-06T18:00:00.000+0000"),
        # the evening of 31 December in San Francisco
        ("2025-12-31", "2026-01-01T01:30:00.000+0000"),
        # planned for November and closed in January; planned for January and closed in December
        ("2025-11-20", "2026-01-09T18:00:00.000+0000"),
        ("2026-01-20", "2025-12-09T18:00:00.000+0000"),
        # planned for October and closed a month later: the same quarter
        ("2025-10-20", "2025-11-20T18:00:00.000+0000"),
    ]
    for number, (planned, closed) in enumerate(closes):
        deals.append(
            f'"0065g00000A{number:04d}","Closed Won","true","true","10000","2025-08-07T16:00:00.000+0000","{planned}"\n'
        )
        history.append(
            f'"0065g00000A{number:04d}","Prospecting","2025-08-07T16:00:00.000+0000","9000","{planned}","false"\n'
        )
        history.append(f'"0065g00000A{number:04d}","Closed Won","{closed}","10000","{planned}","false"\n')
    # of the first deal: a deleted close in January; the same stage an hour later at another value; a line twice
    first = '"0065g00000A0000"'
    history.append(f'{first},"Closed Won","2026-01-20T18:00:00.000+0000","10000","2025-10-06","true"\n')
    history.append(f'{first},"Prospecting","2025-08-07T17:00:00.000+0000","9500","2025-10-06","false"\n')
    history.append(f'{first},"Prospecting","2025-08-07T16:00:00.000+0000","9000","2025-10-06","false"\n')
    project.write(
        "Opportunity.csv", '"Id","StageName","IsClosed","IsWon","Amount","CreatedDate","CloseDate"\n' + "".join(deals)
    )
    project.write(
        "OpportunityHistory.csv",
        '"OpportunityId","StageName","CreatedDate","Amount","CloseDate","IsDeleted"\n' + "".join(history),
    )
    return built_in(project, crm="salesforce")


def test_a_day_apart_the_close_date_stands_and_further_apart_the_history(salesforce: dict[str, Any]) -> None:
    assert salesforce["quarters"] == {"2025-Q4": (4, 4), "2026-Q1": (1, 1)}


def test_a_line_of_the_history_keeps_its_time_its_value_and_its_plan(
    project: Project, salesforce: dict[str, Any]
) -> None:
    assert salesforce["quarters"]["2025-Q4"] == (4, 4)
    lines = project.rows(
        "select stage, cast(entered_at as varchar), amount, cast(expected_close_on as varchar), rule_id from staging.base_stage_history_lines "
        "where expected_close_on = date '2025-10-06' order by source_line"
    )
    assert lines == [
        ("Prospecting", "2025-08-07 16:00:00", 9000, "2025-10-06", None),
        ("Closed Won", "2025-10-06 18:00:00", 10000, "2025-10-06", None),
        ("Closed Won", "2026-01-20 18:00:00", 10000, "2025-10-06", "deleted"),
        ("Prospecting", "2025-08-07 17:00:00", 9500, "2025-10-06", "repeated_stage"),
        ("Prospecting", "2025-08-07 16:00:00", 9000, "2025-10-06", "exact_duplicate"),
    ]


def test_deals_whose_quarter_the_history_changed_are_counted(salesforce: dict[str, Any]) -> None:
    assert salesforce["findings"]["quarter_changed_by_history"] == 2


@pytest.mark.parametrize("zone", ["Chicago", "america/chicago", "UTC+1x", "CST6CDT; drop table x"])
def test_a_zone_nobody_knows_is_refused(zone: str) -> None:
    (sentence,) = settings.check({"time_zone": zone})
    assert sentence.startswith(f'Variable time_zone is "{zone}" but must be a time zone such as America/Chicago: ')


@pytest.mark.parametrize("zone", ["America/Chicago", "Europe/Berlin", "Asia/Kolkata", "UTC", ""])
def test_a_zone_by_its_iana_name_is_taken(zone: str) -> None:
    assert settings.check({"time_zone": zone}) == []


@pytest.mark.parametrize(
    ("cell", "day", "moment"),
    [
        ("2025-12-31", "2025-12-31", "2025-12-31 00:00:00"),
        ("2025-12-31 23:30:00", "2025-12-31", "2025-12-31 23:30:00"),
        ("2025-12-31T23:30:00.000+0000", "2025-12-31T23:30:00.000+0000", "2025-12-31 23:30:00+00:00"),
        ("2025-12-31 23:30:00 UTC", "2025-12-31 23:30:00 UTC", "2025-12-31 23:30:00+00:00"),
        ("2025-12-31T23:30Z", "2025-12-31T23:30Z", "2025-12-31 23:30:00+00:00"),
        ("2025-12-31T23:30:00-08:00", "2025-12-31T23:30:00-08:00", "2026-01-01 07:30:00+00:00"),
        # days, written as moments
        ("2025-12-31T00:00:00Z", "2025-12-31", "2025-12-31 00:00:00+00:00"),
        ("2025-12-31T00:00:00.000+09:00", "2025-12-31", "2025-12-30 15:00:00+00:00"),
        ("1767225911000", "2026-01-01 00:05:11+00:00", "2026-01-01 00:05:11+00:00"),
        ("1767225600000", "2026-01-01", "2026-01-01 00:00:00+00:00"),
    ],
)
def test_a_cell_keeps_its_zone_until_models_know_the_company_s(cell: str, day: str, moment: str) -> None:
    import duckdb

    column = date_column([cell[:12]], None)
    with duckdb.connect() as engine:
        engine.execute("set TimeZone = 'UTC'")
        read = engine.execute(
            f"select {date_sql('cell', column)}, {timestamp_sql('cell', column)} from (select ? as cell)", [cell]
        )
        assert read.fetchone() == (day, moment)


def test_the_guide_names_the_setting() -> None:
    assert "time_zone" in (ROOT / "docs" / "faq.md").read_text(encoding="utf-8")
