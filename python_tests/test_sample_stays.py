"""The invented sample company stays in its place: nothing of it reaches the answers about anybody's own deals."""

import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest

from python_tests.canary_company import Place, built_place, place_after_a_build, place_with_a_short_build, scratch
from python_tests.conftest import SampleBuild
from python_tests.crm_build import FIXTURES
from python_tests.known_company.project import ROOT, as_a_program
from winloss.errors import ReadingError
from winloss.load.plan import Request, source_of
from winloss.report import build_report, render

pytestmark = pytest.mark.thorough

OF_THE_SAMPLE = ("Retail and Financial Services", "$50M to $100M")


# ---------------------------------------------------------------- its profile and its memory


def remember(place: Place, crm: str | None, rank: int, title: str) -> None:
    """Advice of the quarter that precedes the one under review, as if an earlier build of a source had given it."""
    with duckdb.connect(str(place.database)) as connection:
        connection.execute(
            "insert into history.recommendations by name select $crm as crm, '2024-Q4' as reviewed_quarter, "
            "date '2024-10-01' as reviewed_quarter_starts_on, 1 as version, 'x' as fingerprint, $rank as rank, 'industry' as dimension, "
            "'Retail' as segment, 'Retail' as segment_label, 'target_more' as action, 'strong' as grade, $title as title, "
            "0.5 as predicted_win_rate, 0.1 as predicted_lift, 0.01 as predicted_lift_low, 0.2 as predicted_lift_high, 'x' as method_version",
            {"crm": crm, "rank": rank, "title": title},
        )


@pytest.fixture(scope="module")
def after_the_sample() -> Place:
    """The canary company, built in a private database in which the sample company was built before."""
    place = place_after_a_build("after_the_sample")
    with duckdb.connect(str(place.database)) as connection:
        connection.execute(
            "insert into history.run_history by name select * replace ('sample' as crm, 'invented' as invocation_id) from history.run_history"
        )
    remember(place, "sample", 1, "Advice of the sample")
    remember(place, None, 2, "Advice of no one knows whom")
    remember(place, "custom", 3, "Advice of our own")
    place.build()
    return place


def test_the_profile_of_the_sample_is_nobody_elses(after_the_sample: Place) -> None:
    assert after_the_sample.rows("select distinct current_value from icp_profile") == [(None,)]
    assert after_the_sample.rows("select distinct is_in_current_profile from icp_recommendations") in ([], [(False,)])
    assert after_the_sample.rows(
        "select current_score_threshold, current_accuracy from recommended_score_threshold"
    ) == [(None, None)]


def test_only_advice_of_the_same_source_is_followed_up(after_the_sample: Place) -> None:
    assert after_the_sample.rows("select title from recommendation_follow_up") == [("Advice of our own",)]


def test_the_history_of_runs_tells_of_the_same_source_alone(after_the_sample: Place) -> None:
    assert after_the_sample.rows("select distinct crm from run_history") == [("custom",)]
    assert after_the_sample.rows(
        "select count(*) from w.history.run_history where crm = 'sample'", after_the_sample.database
    ) == [(1,)]


def test_no_word_of_the_sample_stands_in_the_published_tables_or_the_report(after_the_sample: Place) -> None:
    words = (*OF_THE_SAMPLE, "Advice of the sample")
    told = "".join(render(build_report(after_the_sample.published), kind) for kind in ("html", "md", "json"))
    assert [word for word in words if word in told] == []
    tables = after_the_sample.rows("select distinct table_name from duckdb_columns() where not internal")
    for (table,) in tables:
        if table == "dim_segment_cuts":
            # the bands of everyone who did not change the list
            continue
        text = str(after_the_sample.rows(f"select * from {table}"))
        assert [word for word in words if word in text] == [], table


def test_the_sample_has_its_profile(sample_build: SampleBuild) -> None:
    rows = sample_build.rows("select current_value from marts.icp_profile where current_value is not null order by 1")
    assert [row["current_value"] for row in rows] == ["$50M to $100M", "0.80", "Retail and Financial Services"]


def test_advice_that_was_not_published_is_not_remembered() -> None:
    place = place_with_a_short_build("unpublished_advice")
    with duckdb.connect(str(place.database)) as connection:
        connection.execute("delete from history.recommendations")
        connection.execute(
            "delete from marts.fct_deals where deal_key not in (select deal_key from marts.fct_deals limit 5)"
        )
    run = place.dbt("build")
    assert run.returncode == 1 and "Not published: the export holds 5 deals" in run.stdout
    assert place.rows("select count(*) from w.history.recommendations", place.database) == [(0,)]
    place.build(allow_fewer_deals=True)
    assert place.rows("select count(*) > 0 from w.history.recommendations", place.database) == [(True,)]


# ---------------------------------------------------------------- its place


@pytest.mark.dbt
def test_exports_of_which_nobody_said_whose_they_are_are_recognised_and_not_passed_over_for_the_sample(
    tmp_path: Path,
) -> None:
    build = SampleBuild(tmp_path, "")
    ended = unstated(
        build, FIXTURES / "salesforce", "build", "-s", "+base_deal_lines", "--exclude-resource-type", "test"
    )
    assert ended.returncode == 0, ended.stdout
    assert f"Loads the exports in {FIXTURES / 'salesforce'} (salesforce)." in ended.stdout
    assert build.rows("select crm from landing.loads") == [{"crm": "salesforce"}]


@pytest.mark.dbt
def test_files_of_no_known_crm_end_the_build_with_one_sentence(tmp_path: Path) -> None:
    build = SampleBuild(tmp_path, "")
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "Auftrag.csv").write_text("Auftrag,Ergebnis\n1,gewonnen\n", encoding="utf-8")
    ended = unstated(build, exports, "build")
    assert ended.returncode == 2
    assert f"The headers of the files in {exports} are those of no CRM known here" in ended.stdout
    assert "Traceback" not in ended.stdout
    assert build.rows("select count(*) as tables from duckdb_tables() where schema_name = 'marts'") == [{"tables": 0}]
    assert not (tmp_path / "published.duckdb").exists()


def unstated(build: SampleBuild, exports: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return ended_build(build, {"WINLOSS_EXPORTS": str(exports), "WINLOSS_CRM": None}, *command)


def ended_build(build: SampleBuild, more: dict[str, str | None], *command: str) -> subprocess.CompletedProcess[str]:
    stated = build.environment() | more
    environment = {name: value for name, value in stated.items() if value is not None}
    paths = ["--target-path", str(build.folder / "target"), "--log-path", str(build.folder / "logs")]
    return as_a_program(ROOT, environment, "--no-use-colors", *(command or ["build"]), *paths)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (
            {".gitkeep": "", "README.md": "Name,Stage\n", "~$deals.xlsx": "x", "notes.txt": "Exported on Monday.\n"},
            "sample",
        ),
        ({"Auftrag.csv": "Auftrag,Ergebnis\n1,gewonnen\n"}, "no CRM known here"),
        ({"notes.txt": "Auftrag\tErgebnis\n1\tgewonnen\n"}, "no CRM known here"),
        # no kind that is read, and still nothing to pass over for the sample
        ({"deals.json": "{}\n"}, "no CRM known here"),
        ({"2026/deals.csv": "Record ID,Deal Stage\n1,Closed Won\n"}, "put the files themselves into it"),
        ({"deals.csv": ""}, "deals.csv is empty"),
        ({"deals.xlsx": "PK\x03\x04"}, "deals.xlsx is a damaged Excel workbook"),
        ({"a.csv": "Record ID,Deal Name,Deal Stage,Close Date\n1,A,Closed Won,2025-01-01\n"}, "hubspot"),
    ],
)
def test_what_the_files_in_the_folder_are_is_found_out_or_said(
    tmp_path: Path, files: dict[str, str], says: str
) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    for name, text in files.items():
        (exports / name).parent.mkdir(exist_ok=True)
        (exports / name).write_text(text, encoding="utf-8")
    asked = Request("", str(exports), str(tmp_path / "private" / "w.duckdb"))
    if " " not in says:
        assert source_of(asked).crm == says
        return
    with pytest.raises(ReadingError) as refused:
        source_of(asked)
    assert says in str(refused.value) and len(refused.value.sentences) == 1
    assert ("--write-mapping winloss.yml" in str(refused.value)) == (says == "no CRM known here")


def test_a_build_of_the_sample_does_not_replace_the_published_file_of_another_source(tmp_path: Path) -> None:
    build = SampleBuild(tmp_path, "")
    published = tmp_path / "published.duckdb"
    published.write_bytes(built_place()[0].published.read_bytes())
    before: dict[str, Any] = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    run = ended_build(build, {})
    assert run.returncode == 2
    assert (
        f"{published} holds the answers of custom, and a build of the invented sample company does not replace them."
        in run.stdout
    )
    # said before the build and not after it
    assert build.rows("select count(*) as tables from duckdb_tables() where schema_name in ('marts', 'reference')") == [
        {"tables": 0}
    ]
    assert {path.name: path.read_bytes() for path in tmp_path.glob("published*")} == before


def test_the_doctor_says_what_the_files_are_and_that_they_are_of_no_crm() -> None:
    from winloss.operations import doctor

    def said(name: str, header: str, stated: dict[str, str]) -> tuple[str, str]:
        exports = scratch() / name
        exports.mkdir(exist_ok=True)
        (exports / "deals.csv").write_text(header + "\n", encoding="utf-8")
        found = next(
            found for found in doctor.examine(ROOT, {"WINLOSS_EXPORTS": str(exports), **stated}) if found.what == "CRM"
        )
        return found.verdict, found.detail

    recognised = said("unstated", "Record ID,Deal Name,Deal Stage,Close Date", {})
    assert recognised[0] == "ok" and recognised[1].startswith("hubspot, 1 export files in ")
    # files that are passed over for the sample are said
    assert said("unstated", "Record ID,Deal Name,Deal Stage,Close Date", {"WINLOSS_CRM": "sample"})[0] == "warn"
    unknown = said("foreign", "Auftrag,Ergebnis", {})
    assert unknown[0] == "fail" and "are those of no CRM known here" in unknown[1]
