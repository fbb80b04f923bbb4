"""The command line: help with examples, words instead of stack traces, exit codes, and every command on a real build."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from python_tests.conftest import ROOT, SampleBuild
from winloss.cli import main
from winloss.operations import doctor

COMMANDS = sorted(main.commands)


@pytest.fixture(scope="session")
def published_sample(sample_build: SampleBuild, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample company as `winloss publish` publishes it."""
    target = tmp_path_factory.mktemp("published") / "marts.duckdb"
    result = run("publish", "--from", str(sample_build.database), "--db", str(target))
    assert result.exit_code == 0, result.output
    return target


def run(*arguments: str, **environment: str) -> Result:
    """A command in this process, without what the user's environment says of the project."""
    unset = {name: None for name in os.environ if name.startswith("WINLOSS_")}
    return CliRunner().invoke(main, list(arguments), prog_name="winloss", env={**unset, **environment})


# ---------------------------------------------------------------- help and mistakes


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Examples:" in result.output and f"winloss {command}" in result.output
    undescribed = [
        option
        for option in main.commands[command].params
        if getattr(option, "help", "") is None and option.name not in ("help", "kind", "folder")
    ]
    assert undescribed == []


def test_the_group_names_every_command_and_its_first_step() -> None:
    shown = run("--help").output
    assert all(re.search(rf"^  {command} ", shown, re.MULTILINE) for command in COMMANDS)
    assert "dbt build" in shown
    # in full: a sentence that breaks off helps no one
    assert "..." not in shown.partition("Commands:")[2]


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("reprot",), "Did you mean 'report'?"),
        (("report", "--qarter", "2025-Q4"), "Did you mean '--quarter'?"),
        (("report", "--format", "hmtl"), "'html', 'md', 'json'"),
        (("report", "--quarter", "Q4 2025"), "write it like 2025-Q4"),
    ],
)
def test_a_slip_of_the_pen_is_answered_with_what_was_meant(arguments: tuple[str, ...], meant: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert meant in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "--db", "nowhere.duckdb"),
        ("recommend", "--db", "nowhere.duckdb"),
        ("what-if", "--drop", "industry=Retail", "--db", "nowhere.duckdb"),
        ("publish", "--from", "nowhere.duckdb"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_missing_file_is_one_sentence_on_standard_error(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "nowhere.duckdb: no such file. Build first (winloss run, or dbt build), or" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", ["accounts", "publish", "summary", "worklist"])
def test_before_a_build_the_private_database_is_no_such_file(command: str, tmp_path: Path) -> None:
    """Nothing holds a file that is not there, and who never heard of dbt is told the command of the first page."""
    result = run(command, WINLOSS_DB=str(tmp_path / "none.duckdb"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert (
        f"{tmp_path / 'none.duckdb'}: no such file. Build first (winloss run, or dbt build), or name" in result.stderr
    )
    assert not (tmp_path / "none.duckdb").exists()


def test_it_is_a_module_too_and_help_is_quick_to_import() -> None:
    # a help text must not wait for the database, the statistics or the templates
    code = "import sys, winloss.cli; print(sorted({'duckdb', 'numpy', 'scipy', 'jinja2', 'dbt'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    shown = subprocess.run(
        [sys.executable, "-m", "winloss", "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert shown.stdout.startswith("winloss, version")


def test_the_module_of_the_commands_runs_as_the_command() -> None:
    for module in ("winloss", "winloss.cli"):
        done = subprocess.run(
            [sys.executable, "-m", module, "--version"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert done.stdout.startswith("winloss"), module


def test_an_end_that_was_meant_imports_no_statistics(tmp_path: Path) -> None:
    """`check` ends by its exit code, which is no error to look up among those of every other command."""
    code = (
        "import sys\nfrom winloss.cli import main\n"
        f"try: main(['check', {str(tmp_path)!r}])\n"
        "except SystemExit as end: print(end.code, sorted({'numpy', 'scipy', 'dbt'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.stdout.splitlines()[-1] == "2 []", run.stdout + run.stderr


def test_a_report_is_read_and_written_without_statistics() -> None:
    code = (
        "import sys, winloss.report, winloss.report.marts; print(sorted({'numpy', 'scipy', 'dbt'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.stdout == "[]\n", run.stdout + run.stderr


# ---------------------------------------------------------------- commands on a real build


def test_report_writes_a_page_and_says_where(published_sample: Path, tmp_path: Path) -> None:
    result = run("report", "--db", str(published_sample), "--out", str(tmp_path / "q4.html"))
    assert result.exit_code == 0, result.output
    assert result.stdout == f"Report: {tmp_path / 'q4.html'}\n"
    assert [line[:6] for line in result.stderr.splitlines()] == ["1 of 3", "2 of 3", "3 of 3"]
    assert (tmp_path / "q4.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_quiet_leaves_the_result_only(published_sample: Path, tmp_path: Path) -> None:
    result = run("report", "--db", str(published_sample), "--out", str(tmp_path / "q4.html"), "--quiet")
    assert result.stderr == "" and result.stdout.startswith("Report: ")


def test_report_goes_into_the_folder_the_environment_names(published_sample: Path, tmp_path: Path) -> None:
    result = run("report", "--quiet", WINLOSS_PUBLISHED=str(published_sample), WINLOSS_REPORTS=str(tmp_path / "shared"))
    assert result.stdout == f"Report: {tmp_path / 'shared' / '2025-Q4' / 'report.html'}\n"
    assert (tmp_path / "shared" / "2025-Q4" / "report.html").is_file()


@pytest.mark.parametrize("kind", ["md", "json"])
def test_a_report_can_go_down_a_pipe(published_sample: Path, kind: str) -> None:
    result = run("report", "--db", str(published_sample), "--format", kind, "--out", "-", "--quarter", "2025-Q4")
    assert result.exit_code == 0, result.output
    assert (
        result.stdout.startswith("# We won $7.8M in Q4")
        if kind == "md"
        else json.loads(result.stdout)["quarter"] == "2025-Q4"
    )


def test_a_quarter_is_read_from_the_copy_kept_of_it(published_sample: Path) -> None:
    assert (published_sample.parent / "2025-Q4" / "marts.duckdb").is_file()
    result = run("report", "--db", str(published_sample), "--quarter", "2025-Q4", "--format", "md", "--out", "-")
    assert "2025-Q4/marts.duckdb" in result.stderr


def test_a_quarter_that_was_not_built_is_answered_with_how_to_build_it(published_sample: Path) -> None:
    result = run("report", "--db", str(published_sample), "--quarter", "2019-Q1")
    assert result.exit_code == 1
    assert "dbt build --vars 'review_quarter: 2019-Q1'" in result.stderr


def test_recommend_prints_the_claims_first_with_their_grade(published_sample: Path) -> None:
    shown = run("recommend", "--db", str(published_sample)).stdout
    assert shown.startswith("  1  [Strong] Target more: Technology\n")
    assert "Not enough data" not in shown
    rows = json.loads(run("recommend", "--db", str(published_sample), "--all", "--format", "json").stdout)
    assert [row["rank"] for row in rows] == sorted(row["rank"] for row in rows) and len(rows) > 20
    table = run("recommend", "--db", str(published_sample), "--all", "--format", "csv").stdout
    # with the mark by which Excel knows UTF-8
    assert table.startswith("\ufeff") and len(table.splitlines()) == len(rows) + 1


def test_what_if_shows_now_and_then_and_what_it_assumes(published_sample: Path) -> None:
    result = run(
        "what-if", "--drop", "industry=Retail", "--shift", "lead_source=Referral:20", "--db", str(published_sample)
    )
    assert result.exit_code == 0, result.output
    counts = [
        int(number.replace(",", ""))
        for number in re.findall(r"^Closed deals +([\d,]+) +([\d,]+)", result.stdout, re.MULTILINE)[0]
    ]
    retail = _one(
        published_sample,
        "select closed_deals from win_rates_by_dimension where period = 'window' and segment = 'Retail'",
    )
    assert counts[0] - counts[1] == retail
    assert "Assumed: " in result.stdout and "Used: industry Retail" in result.stdout
    assert "range of extra wins is that of the change alone" in result.stdout


def test_what_if_answers_an_unknown_segment_with_the_nearest(published_sample: Path) -> None:
    result = run("what-if", "--drop", "industry=Retial", "--db", str(published_sample))
    assert result.exit_code == 1 and "did you mean Retail?" in result.stderr


def test_what_if_lists_the_segments_where_none_is_alike(published_sample: Path) -> None:
    result = run("what-if", "--drop", "region=Xq", "--db", str(published_sample))
    segments = _one(
        published_sample,
        "select string_agg(distinct segment, ', ' order by segment) from win_rates_by_dimension "
        "where period = 'window' and dimension = 'region'",
    )
    assert result.exit_code == 1 and f"region has no segment Xq; there are: {segments}" in result.stderr


def _one(path: Path, sql: str) -> Any:
    connection = duckdb.connect()
    connection.execute(f"attach '{path}' as file (read_only)")
    connection.execute("use file")
    return connection.execute(sql).fetchall()[0][0]


def test_publish_puts_a_file_in_place_that_the_report_can_read(
    published_sample: Path, sample_build: SampleBuild
) -> None:
    assert _one(published_sample, "select count(*) from win_rate_baseline") == 4
    # and the build it came from is as it was
    assert sample_build.rows("select count(*) as n from marts.fct_deals")[0]["n"] > 1000


def test_publish_describes_every_table_and_column(published_sample: Path) -> None:
    with duckdb.connect(str(published_sample), read_only=True) as connection:
        bare = connection.execute(
            "select table_name, column_name from duckdb_columns() where not internal and comment is null "
            "union all select table_name, null from duckdb_tables() where comment is null"
        ).fetchall()
    assert bare == []


# ---------------------------------------------------------------- doctor


def _verdicts(findings: list[doctor.Finding]) -> dict[str, str]:
    return {finding.what: finding.verdict for finding in findings}


def test_the_doctor_finds_a_sound_machine_sound(sample_build: SampleBuild, published_sample: Path) -> None:
    environment = {"WINLOSS_DB": str(sample_build.database), "WINLOSS_PUBLISHED": str(published_sample)}
    findings = doctor.examine(ROOT, environment)
    assert {finding.what: finding.detail for finding in findings if finding.verdict == "fail"} == {}
    assert {"Python", "packages", "project", "profile", "CRM", "lock", "disk", "published marts"} <= set(
        _verdicts(findings)
    )


@pytest.mark.parametrize(
    ("environment", "what", "says"),
    [
        ({"WINLOSS_CRM": "salesfroce"}, "CRM", 'Did you mean "salesforce"?'),
        ({"WINLOSS_CRM": "hubspot", "WINLOSS_EXPORTS": "no/such/folder"}, "CRM", "is not there"),
        ({"WINLOSS_CRM": "hubspot", "WINLOSS_EXPORTS": "docs/decisions"}, "CRM", "holds no export file"),
        ({"WINLOSS_REPORTS": "Makefile"}, "reports", "may not be written to"),
        ({"WINLOSS_TARGET": "snowflake"}, "profile", "has no target snowflake"),
        ({"DBT_PROFILES_DIR": "no/such/folder"}, "profile", "target duckdb"),
    ],
)
def test_the_doctor_names_what_is_wrong_and_the_remedy(environment: dict[str, str], what: str, says: str) -> None:
    finding = next(found for found in doctor.examine(ROOT, environment) if found.what == what)
    assert says in finding.detail
    assert finding.verdict == ("ok" if "no/such" in environment.get("DBT_PROFILES_DIR", "") else "fail")


def test_the_doctor_knows_that_this_is_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "__file__", str(tmp_path / "elsewhere" / "winloss" / "doctor.py"))
    verdicts = _verdicts(doctor.examine(tmp_path, {}))
    assert verdicts["project"] == verdicts["profile"] == "fail"


def test_the_doctor_warns_of_a_key_that_others_may_read(tmp_path: Path) -> None:
    key = tmp_path / "winloss.key"
    key.write_text("0123456789abcdef", encoding="ascii")
    for mode, verdict in ((0o600, "ok"), (0o640, "warn"), (0o604, "warn")):
        key.chmod(mode)
        finding = next(
            found
            for found in doctor.examine(ROOT, {"WINLOSS_DB": str(tmp_path / "w.duckdb")})
            if found.what == "build database"
        )
        assert finding.verdict == verdict
    assert finding.detail == f"{key} undoes pseudonyms and others may read it: chmod 600 {key}"


def _of(what: str, environment: dict[str, str]) -> doctor.Finding:
    return next(found for found in doctor.examine(ROOT, environment) if found.what == what)


def test_the_doctor_warns_of_files_that_no_one_reads(tmp_path: Path) -> None:
    (tmp_path / "Opportunity.csv").write_text("Id,StageName,CloseDate\n1,Closed Won,2025-01-02\n", encoding="utf-8")
    (tmp_path / "lunch.csv").write_text("day,dish\n1,soup\n", encoding="utf-8")
    for crm in ("", "salesforce"):
        finding = _of("CRM", {"WINLOSS_CRM": crm, "WINLOSS_EXPORTS": str(tmp_path)})
        assert (finding.verdict, finding.detail.split(".")[0]) == ("warn", 'salesforce, but not used: "lunch')
    settings = tmp_path / "winloss.yml"
    columns = "{deals: {deal_id: Id, outcome: StageName}}"
    settings.write_text(f"crm: custom\nmapping: {{files: {{deals: Opp*.csv}}, columns: {columns}}}\n", encoding="utf-8")
    finding = _of("CRM", {"WINLOSS_SETTINGS": str(settings), "WINLOSS_EXPORTS": str(tmp_path)})
    assert 'not used: "lunch.csv"' in finding.detail
    finding = _of("CRM", {"WINLOSS_CRM": "sample", "WINLOSS_EXPORTS": str(tmp_path)})
    assert finding.verdict == "warn" and "crm is sample, so the files" in finding.detail


def test_the_doctor_warns_of_the_published_file_of_another_source(published_sample: Path, tmp_path: Path) -> None:
    (tmp_path / "Opportunity.csv").write_text("Id,StageName,CloseDate\n1,Closed Won,2025-01-02\n", encoding="utf-8")
    places = {"WINLOSS_PUBLISHED": str(published_sample), "WINLOSS_EXPORTS": str(tmp_path)}
    finding = _of("published marts", places)
    assert finding.verdict == "warn" and "holds the answers of sample, not those of salesforce" in finding.detail
    assert _of("published marts", {**places, "WINLOSS_CRM": "sample"}).verdict == "ok"


@pytest.mark.parametrize(
    ("key", "verdict"), [("", "ok"), ("0123456789abcdef", "ok"), ("abababababababab", "warn"), ("ten signs.", "fail")]
)
def test_the_doctor_weighs_a_key_that_is_stated(key: str, verdict: str) -> None:
    finding = _of("key", {"WINLOSS_KEY": key})
    assert finding.verdict == verdict and (not key or key not in finding.detail)


def test_the_doctor_names_who_holds_the_database(tmp_path: Path) -> None:
    database = tmp_path / "held.duckdb"
    hold = f"import duckdb, sys; c = duckdb.connect({str(database)!r}); c.execute('create table t (i int)'); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        finding = next(found for found in doctor.examine(ROOT, {"WINLOSS_DB": str(database)}) if found.what == "lock")
        assert finding.verdict == "fail" and f"process {holder.pid}" in finding.detail
        holder.communicate("")
    finding = next(found for found in doctor.examine(ROOT, {"WINLOSS_DB": str(database)}) if found.what == "lock")
    assert finding.verdict == "ok"


def test_the_doctor_names_a_run_that_is_at_work(tmp_path: Path) -> None:
    from winloss.dbt.build_lock import hold_build_lock, release_build_lock
    from winloss.operations.quarterly import only_run

    database = tmp_path / "w.duckdb"

    def lock() -> doctor.Finding:
        return next(found for found in doctor.examine(ROOT, {"WINLOSS_DB": str(database)}) if found.what == "lock")

    with only_run(database):
        assert (lock().verdict, lock().detail) == (
            "fail",
            f"a quarterly run is at work on {database} (process {os.getpid()}). Wait until it ends",
        )
    hold_build_lock(database, 0)
    assert (lock().verdict, lock().detail) == (
        "fail",
        f"a build is at work on {database} (process {os.getpid()}). Wait until it ends",
    )
    release_build_lock(database)
    assert lock().verdict == "ok"


def test_a_project_of_something_else_is_not_taken_for_this_one(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: jaffle_shop\n", encoding="utf-8")
    assert doctor.find_project(tmp_path) == ROOT


def test_the_doctor_warns_of_a_database_that_others_may_read(sample_build: SampleBuild, tmp_path: Path) -> None:
    database = tmp_path / "open.duckdb"
    database.write_bytes(sample_build.database.read_bytes())
    database.chmod(0o644)
    finding = next(
        found for found in doctor.examine(ROOT, {"WINLOSS_DB": str(database)}) if found.what == "build database"
    )
    assert finding.verdict == "warn" and f"chmod 600 {database}" in finding.detail


def test_a_finding_that_fails_ends_in_exit_code_1() -> None:
    result = run("doctor", WINLOSS_CRM="salesfroce")
    assert result.exit_code == 1
    assert "FAIL  CRM" in result.stdout and "lines marked FAIL" in result.stderr


def test_the_self_test_knows_the_sample_company(sample_build: SampleBuild, tmp_path: Path) -> None:
    findings = doctor.scenarios(sample_build.database)
    assert [replace(finding, detail="") for finding in findings if finding.verdict != "ok"] == []
    assert len(findings) == 4
    # a build with other answers does not pass
    spoiled = tmp_path / sample_build.database.name
    spoiled.write_bytes(sample_build.database.read_bytes())
    with duckdb.connect(str(spoiled)) as connection:
        connection.execute(
            "update marts.win_rate_baseline set won_deals = 78, lost_deals = 49 where period = 'quarter'"
        )
        connection.execute("delete from marts.icp_recommendations where segment = 'Technology'")
        connection.execute("delete from marts.decision_makers where persona = 'CFO'")
        connection.execute("delete from marts.action_items where item > 2")
    assert {finding.verdict for finding in doctor.scenarios(spoiled)} == {"fail"}
