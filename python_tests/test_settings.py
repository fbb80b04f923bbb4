"""What a user may set: declared once, stated in winloss.yml, and refused in one sentence where nothing can work with it."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from click.testing import CliRunner

from python_tests.conftest import ROOT
from python_tests.known_company.project import (
    HERE,
    Outcome,
    Project,
    copy_project,
    csv_text,
    known_variables,
    plain_mapping,
)
from winloss import settings
from winloss.advice.parameters import Parameters
from winloss.cli import main
from winloss.errors import ReadingError
from winloss.load.mapping import check_mapping
from winloss.operations import doctor, quarterly
from winloss.settings import Setting, SettingsError, declared, read_settings_file, resolve

# --- the declarations ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", declared().values(), ids=lambda setting: setting.name)
def test_a_default_and_an_example_are_values_the_setting_takes(setting: Setting) -> None:
    assert setting.problem(setting.default, setting.name) is None
    example = (
        setting.example
        if setting.kind == "text"
        else yaml.safe_load(setting.example)
        if setting.example
        else setting.default
    )
    assert setting.problem(setting.as_stated(example), setting.name) is None


def test_every_setting_is_read_and_nothing_else_is() -> None:
    texts = [
        path.read_text(encoding="utf-8")
        for folder in ("models", "macros", "tests")
        for path in (ROOT / folder).rglob("*.sql")
    ]
    read = {name for text in texts for name in re.findall(r"\bsetting(?:\(['\"]|s\.(?!found|csv))(\w+)", text)}
    read |= {field.name for field in fields(Parameters)} | {
        "cost_to_value",
        "score_known_before_the_deal",
        "reports",
        "quarterly_time_limit_minutes",
    }
    for path in (ROOT / "winloss" / "report").rglob("*.py"):
        read |= set(re.findall(r"context\.(?:whole|setting)\(\"(\w+)\"", path.read_text(encoding="utf-8")))
    with (ROOT / "seeds" / "alert_rules.csv").open(encoding="utf-8", newline="") as rules:
        read |= {row[end] for row in csv.DictReader(rules) for end in ("lower_setting", "upper_setting") if row[end]}
    assert read == set(declared())
    assert [text for text in texts if re.search(r"\bvar\(['\"]", text)] == []
    assert "vars" not in yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))


def test_the_profile_names_the_private_database_as_the_commands_do() -> None:
    profile = yaml.safe_load((ROOT / "profiles.yml").read_text(encoding="utf-8"))
    named = jinja2.Template(profile["winloss"]["outputs"]["duckdb"]["path"])
    assert named.render(env_var=lambda name, default: default) == settings.PRIVATE
    assert named.render(env_var=lambda name, default: {"WINLOSS_DB": "a/b.duckdb"}.get(name, default)) == "a/b.duckdb"


# --- values nothing can work with ------------------------------------------------------------------------------------


def wrong_values(setting: Setting) -> Iterator[str]:
    """YAML that this setting cannot take: empty, of another kind, not a number, just out of range, of no such form."""
    yield ""
    if setting.kind in ("number", "whole number"):
        yield from (
            "many",
            '"5"',
            "true",
            "[1]",
            ".nan",
            ".inf",
            "-.inf",
            f"{(setting.minimum or 0) - 1:.0f}",
            f"{(setting.maximum or 0) * 2 + 1:.0f}",
        )
    if setting.kind == "whole number":
        yield "7.5"
    if setting.kind == "true or false":
        yield from ("maybe", '"yes"', "1", "{}")
    if setting.kind in ("text", "date"):
        yield from ("true", "[a]", "{a: b}")
    if setting.kind == "date":
        yield from ("2025-02-30", "2025-13-01", "next week", "2025")
    if setting.kind == "text" and setting.pattern:
        yield from ("'?'", f'"{setting.example}\\n"')
    if setting.kind == "list":
        yield from ("industry", "5", "{a: b}")
    if setting.kind == "mapping":
        yield from ("deals", "[deals]", "3")
    if setting.kind == "list or mapping":
        yield from ("deals", "3")
    if setting.kind == "text or mapping":
        yield from ("[ymd]", "3.5", "true")


@pytest.mark.parametrize("setting", declared().values(), ids=lambda setting: setting.name)
def test_a_value_a_setting_cannot_take_is_refused_in_one_sentence(setting: Setting, tmp_path: Path) -> None:
    file = tmp_path / "winloss.yml"
    for value in wrong_values(setting):
        file.write_text(f"# ours\n{setting.name}: {value}\n", encoding="utf-8")
        with pytest.raises(SettingsError) as refused:
            read_settings_file(file)
        (sentence,) = refused.value.sentences
        assert sentence.startswith(f"winloss.yml, line 2: {setting.name} is "), value
        assert f" but must be {setting.must_be()}: " in sentence and "\n" not in sentence
        # the same by --vars, as dbt hands them to Python
        told = (
            json.loads(settings.answer(f"{setting.name}: {value}\n"))["problems"]
            if "2025-13" not in value and "02-30" not in value
            else None
        )
        assert told is None or [
            said.replace(f"Variable {setting.name}", f"winloss.yml, line 2: {setting.name}") for said in told
        ] == [sentence]


@pytest.mark.parametrize(
    ("content", "sentences"),
    [
        (
            "crm: custom\n\nminimum_deal: 5\n",
            ["winloss.yml, line 3: minimum_deal is not known. Did you mean minimum_deals?"],
        ),
        ("weather: fine\n", ["winloss.yml, line 1: weather is not known. seeds/settings.csv lists what is."]),
        (
            "minimum_deals: 0\n",
            [
                "winloss.yml, line 1: minimum_deals is 0 but must be a whole number from 1 to 1000000: closed deals under which a rate is "
                "shown but called few deals; a segment is tested only with as many inside and outside."
            ],
        ),
        ("minimum_deals: 5\nminimum_deals: 6\n", ["winloss.yml, line 2: minimum_deals is stated twice: keep one."]),
        (
            "minimum_deals: [5\n",
            [
                "winloss.yml, line 2 is not YAML (expected ',' or ']', but got '<stream end>'): write one setting a line, such as minimum_deals: 10."
            ],
        ),
        (
            "crm: custom\n\tminimum_deals: 5\n",
            [
                "winloss.yml, line 2 is not YAML (found character '\\t' that cannot start any token): "
                "write one setting a line, such as minimum_deals: 10."
            ],
        ),
        (
            "crm: custom\n\x07\n",
            ["winloss.yml, line 2 is not YAML: write one setting a line, such as minimum_deals: 10."],
        ),
        ("# " * 500_001, ["winloss.yml is larger than 1 MB, as no file of settings is: name the right one."]),
        ("- minimum_deals: 5\n", ["winloss.yml must hold one setting a line, such as minimum_deals: 10."]),
        ("just words\n", ["winloss.yml must hold one setting a line, such as minimum_deals: 10."]),
        ("crm: caf\u00e9\n".encode("latin-1"), ["winloss.yml, line 1 is not UTF-8: save the file as UTF-8."]),
        (
            "mapping: {2025-01-01: deals.csv}\n",
            ["winloss.yml, line 1: mapping cannot be read: its keys must be texts, and no part may refer to itself."],
        ),
        (
            "mapping: &all {files: *all}\n",
            ["winloss.yml, line 1: mapping cannot be read: its keys must be texts, and no part may refer to itself."],
        ),
        (
            "dates: 5\nminimum_deals: 0.5\n",
            [
                "winloss.yml, line 1: dates is not known. seeds/settings.csv lists what is.",
                "winloss.yml, line 2: minimum_deals is 0.5 but must be a whole number from 1 to 1000000: closed deals under which a rate is "
                "shown but called few deals; a segment is tested only with as many inside and outside.",
            ],
        ),
    ],
)
def test_a_fault_in_the_file_is_said_with_its_line_and_the_remedy(
    content: str | bytes, sentences: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "winloss.yml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SettingsError) as refused:
        read_settings_file(file)
    assert refused.value.sentences == sentences


@pytest.mark.parametrize("sign", ["\\e[31m", "\\a", "\\b", "\\u202e", "\\r", "\\n", "\\0", "\\L"])
@pytest.mark.parametrize("place", ['"minimum{}_deals": 5', 'review_quarter: "2025{}"', 'mapping: {{"fi{}les": x}}'])
def test_no_sentence_holds_what_steers_a_terminal(sign: str, place: str, tmp_path: Path) -> None:
    file = tmp_path / "winloss.yml"
    file.write_text(place.format(sign) + "\n", encoding="utf-8")
    with pytest.raises((SettingsError, ReadingError)) as refused:
        check_mapping(resolve({}, {settings.FILE_VARIABLE: str(file)})["mapping"])
    said = str(refused.value)
    assert said and all(character.isprintable() for line in said.split("\n") for character in line)


def test_a_window_that_gets_shorter_with_fewer_deals_is_refused() -> None:
    with pytest.raises(
        SettingsError, match="extended_window_quarters is 8 but must not be smaller than window_quarters, which is 12"
    ):
        resolve({"window_quarters": 12}, {})


# --- where values are stated -----------------------------------------------------------------------------------------


def test_vars_go_before_the_environment_it_before_the_file_and_the_file_before_the_default(tmp_path: Path) -> None:
    (tmp_path / "winloss.yml").write_text(
        "crm: hubspot\nexports: ours\nminimum_deals: 7\nas_of_on: 2025-12-31\ncost_to_value: 0.25\n", encoding="utf-8"
    )
    names = ("crm", "exports", "minimum_deals", "pair_minimum_deals", "as_of_on", "cost_to_value")

    def found(variables: dict[str, Any], **environment: str) -> list[Any]:
        values = resolve(variables, environment, tmp_path)
        return [values[name] for name in names]

    assert found({}) == ["hubspot", "ours", 7, 10, "2025-12-31", "0.25"]
    assert found({}, WINLOSS_CRM="pipedrive", WINLOSS_EXPORTS="") == ["pipedrive", "ours", 7, 10, "2025-12-31", "0.25"]
    assert found({"crm": "sample", "minimum_deals": 9}, WINLOSS_CRM="pipedrive") == [
        "sample",
        "ours",
        9,
        10,
        "2025-12-31",
        "0.25",
    ]
    assert resolve({}, {}, tmp_path / "elsewhere")["minimum_deals"] == 10


@pytest.mark.parametrize("stated", [None, ""])
def test_a_place_that_nobody_states_is_the_same_for_every_command(
    stated: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("WINLOSS_DB", "WINLOSS_PUBLISHED", "WINLOSS_REPORTS", "WINLOSS_EXPORTS"):
        monkeypatch.delenv(name, raising=False)
        if stated is not None:
            monkeypatch.setenv(name, stated)
    said = {
        command: CliRunner().invoke(main, command.split(), prog_name="winloss").output
        for command in ("publish", "recommend", "check")
    }
    assert said["publish"].startswith("Error: warehouse/winloss.duckdb: no such file")
    assert said["recommend"].startswith("Error: published/marts.duckdb: no such file")
    assert 'folder "exports"' in said["check"]
    findings = {finding.what: finding.detail for finding in doctor.examine(tmp_path, {"WINLOSS_DB": stated or ""})}
    assert str(tmp_path / "published" / "marts.duckdb") in findings["published marts"]
    assert str(tmp_path / "warehouse" / "winloss.duckdb") in findings["lock"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is a project to the commands, without the settings of a user or of other tests."""
    shutil.copy(ROOT / "dbt_project.yml", tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("SETTINGS", "CRM", "EXPORTS", "PUBLISHED", "REPORTS"):
        monkeypatch.delenv(f"WINLOSS_{name}", raising=False)
    return tmp_path


def test_check_reads_the_files_as_the_build_will_by_the_mapping_in_winloss_yml(project: Path) -> None:
    (project / "ours").mkdir()
    (project / "ours" / "deals.csv").write_text(csv_text(["Nr", "How"], [{"Nr": 1, "How": "yes"}]), encoding="utf-8")
    stated = {
        "exports": "ours",
        **plain_mapping(
            mapping={"columns": {"deals": {"deal_id": "Nr", "outcome": "How"}}, "outcomes": {"won": ["yes"]}}
        ),
    }
    (project / "winloss.yml").write_text(yaml.safe_dump(stated), encoding="utf-8")
    result = CliRunner().invoke(main, ["check"], prog_name="winloss")
    assert result.exit_code == 0, result.output
    assert "deals.csv" in result.output and "deal_id" in result.output


def test_what_the_file_names_is_found_from_any_folder_of_the_project(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "winloss.yml").write_text("published: share/marts.duckdb\n", encoding="utf-8")
    (project / "docs").mkdir()
    monkeypatch.chdir(project / "docs")
    result = CliRunner().invoke(main, ["report"], prog_name="winloss")
    assert result.output.strip().endswith(
        f"Error: {project / 'share' / 'marts.duckdb'}: no such file. Build first (winloss run, or dbt build), or name the file with --db or WINLOSS_PUBLISHED."
    )


@pytest.mark.parametrize("command", ["check", "report", "recommend", "what-if --drop industry=Retail", "publish"])
def test_every_command_refuses_a_wrong_file_in_one_sentence(command: str, project: Path) -> None:
    (project / "winloss.yml").write_text("minimum_deal: 5\n", encoding="utf-8")
    result = CliRunner().invoke(main, command.split(), prog_name="winloss")
    assert result.exit_code == 1
    assert result.output == "Error: winloss.yml, line 1: minimum_deal is not known. Did you mean minimum_deals?\n"


def test_the_doctor_reads_the_file_and_names_what_is_wrong_with_it(project: Path) -> None:
    def finding() -> tuple[str, str]:
        return next((found.verdict, found.detail) for found in doctor.examine(project, {}) if found.what == "settings")

    path = project / "winloss.yml"
    assert finding() == ("ok", f"no {path}, so all are as seeds/settings.csv declares them")
    path.write_text("minimum_deals: 12\nreports: ours\n", encoding="utf-8")
    assert finding() == ("ok", f"2 in {path}")
    path.write_text("minimum_deal: 12\n", encoding="utf-8")
    assert finding() == ("fail", "winloss.yml, line 1: minimum_deal is not known. Did you mean minimum_deals?")


@pytest.mark.parametrize(
    ("content", "reports"), [("reports: share\n", "share"), ("reports: share\nminimum_deal: 5\n", "reports")]
)
def test_an_unattended_run_writes_where_the_file_says_and_runs_to_its_end_where_that_is_wrong(
    content: str, reports: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a wrong file is told to the command of --notify
    (project / "winloss.yml").write_text(content, encoding="utf-8")
    plans: list[quarterly.Plan] = []

    def run(planned: Callable[[], quarterly.Plan], notify: str, say: quarterly.Say) -> quarterly.Outcome:
        plans.append(planned())
        return quarterly.Outcome(quarterly.FAILED, "told\n")

    monkeypatch.setattr(quarterly, "run", run)
    assert CliRunner().invoke(main, ["quarterly"], prog_name="winloss").exit_code == 1
    assert [plan.reports for plan in plans] == [project / reports]


def test_what_no_one_foresaw_is_a_sentence_too(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "resolve", lambda variables: 1 // 0)
    assert json.loads(settings.answer("{}"))["problems"] == [
        "The settings cannot be read (ZeroDivisionError). Please report this as a fault."
    ]


def test_a_folder_in_the_place_of_the_file_is_said(project: Path) -> None:
    (project / "winloss.yml").mkdir()
    assert json.loads(settings.answer("{}"))["problems"] == ["winloss.yml cannot be read: Is a directory."]


# --- in a build ------------------------------------------------------------------------------------------------------

TABLES = (
    "fct_deals",
    "input_files",
    "input_columns",
    "rejected_records",
    "win_rates_by_dimension",
    "win_rates_by_quarter",
    "dim_dimensions",
    "dim_settings",
)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Project:
    found = copy_project(tmp_path_factory.mktemp("settings"))
    shutil.copytree(HERE / "exports", found.exports, dirs_exist_ok=True)
    return found


def contents(project: Project) -> dict[str, list[tuple[Any, ...]]]:
    return {table: project.rows(f"select * from marts.{table} order by all") for table in TABLES}


def build(project: Project, **variables: Any) -> Outcome:
    outcome = project.build_for(*TABLES, variables=variables)
    assert outcome.exit_code == 0, outcome.shown
    return outcome


@pytest.mark.thorough
def test_a_plain_build_with_the_mapping_in_winloss_yml_is_the_build_by_vars(known: Project) -> None:
    build(known, **{**known_variables(), "minimum_deals": 2})
    by_vars = contents(known)
    known.database.unlink()
    (known.folder / "winloss.yml").write_text(
        yaml.safe_dump({**known_variables(), "minimum_deals": 2}), encoding="utf-8"
    )
    build(known)
    assert contents(known) == by_vars
    assert known.rows("select value from marts.dim_settings where setting = 'minimum_deals'") == [("2",)]
    assert known.rows("select crm from landing.loads") == [("custom",)]


def test_a_file_no_build_can_work_with_ends_it_before_the_first_step(known: Project) -> None:
    (known.folder / "winloss.yml").write_text("crm: custom\nminimum_deals: none\nshrinkage: 5\n", encoding="utf-8")
    outcome = known.dbt("build", variables={"coverage_gap": 2})
    assert outcome.exit_code == 2 and "Traceback" not in outcome.shown
    assert 'winloss.yml, line 2: minimum_deals is "none" but must be a whole number from 1 to 1000000' in outcome.shown
    assert "winloss.yml, line 3: shrinkage is not known. Did you mean shrinkage_deals?" in outcome.shown
    assert "Variable coverage_gap is 2 but must be a number from 0 to 1" in outcome.shown
    assert outcome.statuses == {}


def test_a_model_is_compiled_by_the_file_without_a_build_before(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    (project.folder / "winloss.yml").write_text("shift_points: 77\n", encoding="utf-8")
    outcome = project.dbt("compile", "--select", "icp_backtest")
    assert outcome.exit_code == 0, outcome.shown
    assert "77.0 * (counted.inside_win_rate" in outcome.shown
    (project.folder / "winloss.yml").write_text("shift_points: 0\n", encoding="utf-8")
    outcome = project.dbt("compile", "--select", "icp_backtest")
    assert outcome.exit_code != 0
    assert "winloss.yml, line 1: shift_points is 0 but must be a number from 0.1 to 100" in outcome.shown
    assert (
        "Variable shift_points is 0 but must be"
        in project.dbt("compile", "--select", "icp_backtest", variables={"shift_points": 0}).shown
    )
    listed = project.dbt("ls", "--select", "icp_backtest")
    assert listed.exit_code == 0, listed.shown


def test_a_seed_that_is_edited_declares_the_default_of_the_commands_and_of_dbt_alike() -> None:
    assert Parameters().window_minimum_deals == resolve({}, {}, Path("/nowhere"))["window_minimum_deals"] == 400
    assert Parameters(window_minimum_deals=10_000_000).window_minimum_deals == 10_000_000
    with pytest.raises(
        ValueError, match="window_minimum_deals is 10000001 but must be a whole number from 0 to 10000000"
    ):
        Parameters(window_minimum_deals=10_000_001)
