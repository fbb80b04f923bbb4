"""The guides are tested: every command in them runs, every link leads somewhere, every table and option they name is real."""

import json
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pytest
import yaml
from click.testing import CliRunner

from python_tests import spark_companies
from python_tests.conftest import ROOT, SampleBuild
from python_tests.speeds import thorough
from winloss.advice.counts import DealCounts
from winloss.advice.evidence import PART_OF_CLAIM
from winloss.advice.recommendations import recommendation_rows
from winloss.advice.selection import evidence_rows, run_row, select
from winloss.cli import main
from winloss.load.columns import COLUMNS, OBJECTS
from winloss.load.mapping import check_crm_settings, check_mapping
from winloss.operations import quarterly
from winloss.publish.publication import DICTIONARY
from winloss.settings import declared, read_settings_file

WORDS_OF_ENGINES = {
    "round_even",
    "temp_directory",
    "string_agg",
    "raise_error",
    "array_join",
    "regexp_matches",
    "percentile_cont",
    "row_number",
    "spark_thrift",
}
MAPPING_KEYS = {
    "files",
    "columns",
    "outcomes",
    "lookups",
    "dimensions",
    "date_order",
    "decimal",
    "file_order",
    "multiply_by",
}

AN_EXPORT = (
    "Id,StageName,IsClosed,IsWon,CreatedDate,CloseDate,Amount\n006A,Closed Won,true,true,2025-10-01,2025-11-02,100\n"
)

GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs/exports").glob("*.md"))]


def commands(guides: Sequence[Path] = GUIDES) -> Iterator[tuple[str, str]]:
    """Each command of a sh block, with the guide it stands in."""
    for guide in guides:
        for block in re.findall(r"^ *```sh\n(.*?)^ *```", guide.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
            for line in block.splitlines():
                if line.strip():
                    yield guide.name, line.strip()
    if ROOT / "README.md" in guides:
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        yield from (("README.md", command) for command in re.findall(r"`(?:\.venv/bin/)?(winloss [a-z][^`]*)`", readme))


def examples() -> Iterator[str]:
    """Each command under "Examples" in the help of the command line, without the remark beside it."""
    for command in (main, *main.commands.values()):
        listed = (command.help or "").partition("Examples:")[2]
        yield from (re.split(r" {2,}", line.strip())[0] for line in listed.splitlines() if line.strip())


COMMANDS = sorted({*(command for _, command in commands()), *examples()})
ON_SPARK = [command for command in COMMANDS if re.search(r"--target spark|WINLOSS_TARGET=spark", command)]
QUARTERLY = [command for command in COMMANDS if command.startswith("winloss quarterly")]
RUNS = [command for command in COMMANDS if command.removeprefix(".venv/bin/").startswith("winloss run")]
ICP = [
    command for command in COMMANDS if command.startswith("winloss ") and command not in (*QUARTERLY, *ON_SPARK, *RUNS)
]
DBT = [command for command in COMMANDS if re.search(r"(^|\s|/)dbt ", command) and command not in ON_SPARK]
INSTALLING = [
    command for command in COMMANDS if command.startswith((".venv/bin/pip ", "python3 -m venv", "source .venv"))
]
CLIENTS = [command for command in COMMANDS if command.startswith(("duckdb ", "sqlite3 "))]
BESIDE = [command for command in COMMANDS if command.startswith("~/")]
MAKING = [command for command in COMMANDS if command.startswith("make ")]
SHELL = [command for command in COMMANDS if command.startswith(("flock ", "tar ", "mv ", "cp ", "cd "))]


@pytest.fixture(scope="module")
def workplace(sample_build: SampleBuild, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a user's after a build: the private database, the published files beside it, and an export."""
    folder = tmp_path_factory.mktemp("workplace")
    (folder / "warehouse").mkdir()
    shutil.copy(sample_build.database, folder / "warehouse" / sample_build.database.name)
    (folder / "exports").mkdir()
    (folder / "exports" / "opportunities.csv").write_text(AN_EXPORT, encoding="utf-8")
    result = CliRunner().invoke(
        main,
        [
            "publish",
            "--from",
            str(folder / "warehouse" / sample_build.database.name),
            "--db",
            str(folder / "published" / "marts.duckdb"),
        ],
    )
    assert result.exit_code == 0, result.output
    return folder


def test_every_kind_of_command_is_run_by_a_test_here() -> None:
    assert (
        sorted({*ICP, *RUNS, *QUARTERLY, *ON_SPARK, *DBT, *INSTALLING, *CLIENTS, *BESIDE, *MAKING, *SHELL}) == COMMANDS
    )
    assert len(ICP) > 15 and len(QUARTERLY) > 3 and len(SHELL) > 4 and len(CLIENTS) >= 2


@pytest.mark.parametrize("command", [thorough(each) if "--self-test" in each else each for each in ICP])
def test_a_command_of_icp_runs(command: str, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workplace)
    for name in ("WINLOSS_DB", "WINLOSS_PUBLISHED", "WINLOSS_CRM", "WINLOSS_EXPORTS", "WINLOSS_REPORTS"):
        monkeypatch.delenv(name, raising=False)
    for name in ("mapping.yml", "winloss.yml"):
        (workplace / name).unlink(missing_ok=True)
    if "--mapping" in command:
        (workplace / "mapping.yml").write_text("crm: salesforce\n", encoding="utf-8")
    words = shlex.split(command.replace("/srv/shared", str(workplace / "shared")))[1:]
    result = CliRunner().invoke(main, words, prog_name="winloss")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("command", RUNS)
def test_a_run_is_understood(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.chdir(ROOT)
    # what it does is seen in test_run
    monkeypatch.setattr(
        "winloss.operations.run.build_and_report", lambda places, say: (Path("report.html"), ["7 deals"])
    )
    monkeypatch.setattr("click.launch", opened.append)
    result = CliRunner().invoke(main, shlex.split(command)[1:], prog_name="winloss")
    assert (result.exit_code, result.stdout) == (0, "7 deals\n\nReport: report.html\n")
    assert opened == (["report.html"] if "--open" in command else [])


@pytest.mark.parametrize("command", QUARTERLY)
def test_a_quarterly_command_is_understood(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # test_quarterly runs them; here their words are read by the program, and the user's command by the shell
    monkeypatch.chdir(tmp_path)
    Path("mapping.yml").touch()
    quarterly = main.commands["quarterly"]
    context = quarterly.make_context("quarterly", shlex.split(command)[2:])
    subprocess.run(["sh", "-n", "-c", context.params["notify"]], check=True)


def declared_variables() -> set[str]:
    return set(declared())


def stated_in_guides() -> list[tuple[str, str]]:
    """Each block of YAML in a guide that states settings, with the guide it stands in."""
    blocks = [
        (guide.name, block)
        for guide in GUIDES
        for block in re.findall(r"^```yaml\n(.*?)^```", guide.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    ]
    return [(guide, block) for guide, block in blocks if not block.startswith(" ")]


@pytest.mark.parametrize(("guide", "block"), stated_in_guides())
def test_settings_in_a_guide_are_ones_that_winloss_yml_takes(guide: str, block: str, tmp_path: Path) -> None:
    (tmp_path / "winloss.yml").write_text(block, encoding="utf-8")
    stated = read_settings_file(tmp_path / "winloss.yml")
    if "mapping" in stated:
        assert check_mapping(stated["mapping"]).columns["deals"]
    columns = {column.name: column for column in OBJECTS["deals"]}
    assert check_crm_settings({**stated, "mapping": {}}, columns)


def test_every_reader_with_settings_of_its_own_has_an_example() -> None:
    assert [guide for guide, _ in stated_in_guides()].count("custom.md") == 2
    assert {"README.md", "adding-a-dimension.md", "hubspot.md", "salesforce.md"} <= {
        guide for guide, _ in stated_in_guides()
    }


def test_no_command_of_a_guide_needs_the_environment_or_variables() -> None:
    """Spark has no file of settings beside it, and a guide of operations may name one for a single run."""
    needing = [command for command in DBT if re.search(r"WINLOSS_(CRM|EXPORTS)|--vars", command)]
    assert needing == []


def _dbt_words(command: str) -> tuple[dict[str, str], list[str]]:
    """Variables of the environment, and the words after dbt."""
    words = shlex.split(command)
    place = next(place for place, word in enumerate(words) if word == "dbt" or word.endswith("/dbt"))
    return dict(word.split("=", 1) for word in words[:place]), words[place + 1 :]


@pytest.mark.parametrize("command", DBT)
def test_a_command_of_dbt_runs(command: str, tmp_path: Path, sample_build: SampleBuild) -> None:
    arguments = _dbt_words(command)[1]
    if arguments[0] == "build" and not {"--vars", "--select", "-s"} & set(arguments):
        assert "Completed successfully" in sample_build.shown
        return
    shutil.copy(sample_build.database, tmp_path)
    done = SampleBuild(tmp_path, "").dbt(*arguments, *(["--quiet"] if arguments[0] == "show" else []))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("guide", "word", "tables", "told"),
    [
        (
            "adding-a-dimension.md",
            "dimensions: [",
            "dim_dimensions int_deal_cells int_segment_evidence icp_segment_evidence",
            "count(*) from marts.icp_segment_evidence where dimension = 'country'",
        ),
        ("report.md", "quota_amount", "return_on_investment", "revenue_gain from marts.return_on_investment"),
    ],
)
def test_what_a_guide_has_stated_in_winloss_yml_changes_what_it_says(
    guide: str, word: str, tables: str, told: str, tmp_path: Path, sample_build: SampleBuild
) -> None:
    text = (ROOT / "docs" / guide).read_text(encoding="utf-8")
    blocks = re.findall(r"^ *```yaml\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    stated = yaml.safe_load(textwrap.dedent(next(block for block in blocks if word in block)))
    # what the settings change is built again on a build of the same company, not the rest of it
    shutil.copy(sample_build.database, tmp_path)
    build = SampleBuild(tmp_path, "")
    done = build.dbt(
        "build", "--vars", json.dumps(stated), "--exclude-resource-type", "test", "--select", *tables.split()
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = build.rows(f"select {told}")
    assert next(iter(row.values())) > 0


@pytest.mark.parametrize("command", ON_SPARK)
def test_a_command_for_spark_is_one_that_builds_the_companies_there(command: str) -> None:
    # the comparison of the engines runs it where there is a Spark, on each of the companies; its words are read anywhere
    from dbt.cli.main import cli

    assert command.removeprefix(".venv/bin/") in (spark_companies.OF_SERVERS, *spark_companies.COMMANDS)
    words = shlex.split(command)
    place = next(place for place, word in enumerate(words) if word.rpartition("/")[2] in ("dbt", "winloss"))
    program = main if words[place].endswith("winloss") else cli
    words = words[place + 1 :]
    program.commands[words[0]].make_context(words[0], words[1:])
    assert "spark" in yaml.safe_load((ROOT / "profiles.yml").read_text(encoding="utf-8"))["winloss"]["outputs"]


@pytest.mark.parametrize("command", INSTALLING)
def test_what_is_installed_is_there_to_install(command: str) -> None:
    # the installation itself is what `make test` begins with
    words = shlex.split(command)
    if words[0] == "source":
        assert (Path(sys.prefix) / "bin" / "activate").is_file()
        return
    if "-r" in words:
        assert (ROOT / words[words.index("-r") + 1]).is_file()
    for option in (word for word in words if word.startswith("--")):
        help_words = ["venv", "--help"] if words[2:3] == ["venv"] else ["pip", "install", "--help"]
        shown = subprocess.run([sys.executable, "-m", *help_words], capture_output=True, text=True, check=True).stdout
        assert option in shown


@pytest.mark.parametrize("command", MAKING)
def test_what_is_made_has_a_recipe(command: str) -> None:
    # `make test` runs this; the recipe is read without being followed
    assert (
        subprocess.run(
            ["make", "--dry-run", *shlex.split(command)[1:]], cwd=ROOT, capture_output=True, check=False
        ).returncode
        == 0
    )


@pytest.mark.parametrize("command", BESIDE)
def test_what_runs_beside_the_project_has_an_environment_that_its_guide_makes(command: str) -> None:
    # test_metrics and test_assistants run such a program where it is installed
    (guide,) = {guide for guide, other in commands() if other == command}
    made = [other for name, other in commands() if name == guide and other.startswith("python3 -m venv ")]
    assert any(command.startswith(f"{other.split()[3]}/bin/") for other in made)


@pytest.mark.parametrize("command", CLIENTS)
def test_a_query_of_a_client_answers(command: str, workplace: Path) -> None:
    program, option, path, sql = shlex.split(command)
    assert option == "-readonly"
    if program == "sqlite3":
        found = sqlite3.connect(f"file:{workplace / path}?mode=ro", uri=True).execute(sql).fetchall()
    else:
        with duckdb.connect(str(workplace / path), read_only=True) as connection:
            found = connection.execute(sql).fetchall()
    assert found


def test_backup_restore_and_rolling_back_do_what_the_guide_says(workplace: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    shutil.copytree(workplace, place)
    before = (place / "published" / "marts.duckdb").read_bytes()
    lines = [
        command
        for _, command in commands([ROOT / "docs/operations.md"])
        if (command in SHELL and not command.startswith("cd ")) or command == "winloss publish"
    ]
    restored = lines.index("winloss publish") + 1
    backup, restore, back = lines[:1], lines[1:restored], lines[restored:]
    assert len(restore) == 3 and len(back) == 2 and all("published/" in line for line in back)
    own = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(tmp_path)}

    def run(steps: list[str]) -> None:
        subprocess.run(["sh", "-ec", "\n".join(steps)], cwd=place, env=own, capture_output=True, text=True, check=True)

    run(backup)
    (place / "warehouse" / "winloss.duckdb").write_bytes(b"broken")
    (place / "published" / "marts.duckdb").unlink()
    run(restore)
    with duckdb.connect(str(place / "published" / "marts.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from win_rate_baseline").fetchall() == [(4,)]
    (place / "published" / "2025-Q4" / "marts.duckdb").chmod(0o600)
    (place / "published" / "2025-Q4" / "marts.duckdb").write_bytes(before)
    run(back)
    assert (place / "published" / "marts.duckdb").read_bytes() == before
    assert not (place / "published" / ".marts.back").exists()


def test_the_python_in_the_guides_runs(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(workplace)
    blocks = [
        block
        for guide in GUIDES
        for block in re.findall(r"^```python\n(.*?)^```", guide.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    ]
    assert blocks
    for block in blocks:
        exec(compile(block, "guide", "exec"), {})
    assert "Technology" in capsys.readouterr().out


# ---------------------------------------------------------------- what the guides say


EXAMPLES = re.findall(
    r"^\| (`\w+`|best bet) \| ((?:[A-Z]\w+ \d+ of \d+(?:, )?)+) \| \*\*(.+?)\.\*\* (.+) \|$",
    (ROOT / "docs/report.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def test_there_are_three_examples_of_each_recommendation() -> None:
    kinds = [kind for kind, *_ in EXAMPLES]
    expected = ("`target_more`", "`deprioritise`", "`keep_testing`", "best bet", "`no_difference`", "`not_enough_data`")
    assert kinds == [kind for kind in expected for _ in range(3)]
    assert len({company for _, company, *_ in EXAMPLES}) == len(EXAMPLES)


@pytest.mark.parametrize(
    ("kind", "company", "title", "text"),
    EXAMPLES,
    ids=[f"{kind} {company.split(',')[0]}" for kind, company, *_ in EXAMPLES],
)
def test_the_program_says_of_the_example_what_the_guide_says(kind: str, company: str, title: str, text: str) -> None:
    counts = [(name, int(won), int(deals)) for name, won, deals in re.findall(r"(\w+) (\d+) of (\d+)", company)]
    segments = [name for name, _, deals in counts for _ in range(deals)]
    won = [int(number < wins) for _, wins, deals in counts for number in range(deals)]
    found = select(DealCounts({"industry": segments}, won, ["2025-Q4"] * len(won)), ["industry"])
    said = next(
        row for row in recommendation_rows(evidence_rows(found), run_row(found)) if row["segment"] == counts[0][0]
    )
    assert (said["title"], said["rationale"]) == (title, text)
    assert said["best_bet"] is (kind == "best bet")
    assert said["action"] == ("keep_testing" if said["best_bet"] else kind.strip("`"))


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_links_lead_somewhere(guide: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)", guide.read_text(encoding="utf-8"))
    assert [
        target for target in targets if not target.startswith("http") and not (guide.parent / target).exists()
    ] == []


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_files_tables_and_variables_that_are_named_exist(guide: Path, sample_build: SampleBuild) -> None:
    text = re.sub(r"```.*?```", "", guide.read_text(encoding="utf-8"), flags=re.DOTALL)
    # the last two are made while a build is published
    known = {*sample_build.models(), *declared_variables(), "run_history", DICTIONARY}
    known |= {row["column_name"] for row in sample_build.rows("select distinct column_name from duckdb_columns()")}
    known |= {column.name for columns in COLUMNS.values() for column in columns} | set(OBJECTS) | MAPPING_KEYS
    for table, column in (
        ("dim_periods", "period"),
        ("win_rate_curves", "period"),
        ("alerts", "alert"),
        ("win_rate_definitions", "definition"),
        ("dim_dimensions", "dimension"),
        ("icp_segment_evidence", "action"),
        ("data_quality_findings", "rule_id"),
        ("reject_rules", "rule_id"),
    ):
        schema = "reference" if table == "reject_rules" else "marts"
        known |= {str(row[column]) for row in sample_build.rows(f"select distinct {column} from {schema}.{table}")}
    known |= {
        name
        for path in (ROOT / "macros").rglob("*.sql")
        for name in re.findall(r"macro (?:\w+__)?(\w+)\(", path.read_text(encoding="utf-8"))
    }
    known |= WORDS_OF_ENGINES | {
        "target_more",
        "deprioritise",
        "keep_testing",
        "no_difference",
        "not_enough_data",
        PART_OF_CLAIM,
        "primary_key",
        "python_tests",
        # judged at the end of a run, in the published table
        "run_time",
    }
    known |= {path.stem for path in (ROOT / "winloss").glob("*.py")}
    known |= {path.stem for path in (ROOT / "python_tests").glob("*.py")}
    known |= {
        name
        for path in (ROOT / "seeds").glob("*.csv")
        for name in path.read_text(encoding="utf-8").split("\n", 1)[0].split(",")
    }
    folders = {path.name for path in (ROOT / "seeds").rglob("*") if path.is_dir()} | {
        path.stem for path in (ROOT / "seeds").rglob("*.csv")
    }
    named = re.findall(r"`([^`\n]+)`", text)
    files = [name for name in named if re.fullmatch(r"(seeds|macros|models|winloss|docs|python_tests)/[\w./-]+", name)]
    assert [name for name in files if not (ROOT / name).exists()] == []
    assert [name for name in named if re.fullmatch(r"[a-z]+(_[a-z]+)+", name) and name not in known | folders] == []


def test_the_exit_codes_in_the_guide_are_those_of_the_commands() -> None:
    told = re.findall(r"^\| (\d) \|", (ROOT / "docs/cli.md").read_text(encoding="utf-8"), re.MULTILINE)
    # those of quarterly are seen in test_quarterly
    seen = {
        quarterly.NOT_TOLD,
        quarterly.BUSY,
        CliRunner().invoke(main, ["--help"]).exit_code,
        CliRunner().invoke(main, ["report", "--db", "nowhere.duckdb"]).exit_code,
        CliRunner().invoke(main, ["reprot"]).exit_code,
    }
    assert {int(code) for code in told} == seen


def test_every_command_and_every_variable_of_the_command_line_is_in_its_guide() -> None:
    guide = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    assert [name for name in main.commands if f"`winloss {name}`" not in guide] == []
    variables = {option.envvar for command in main.commands.values() for option in command.params if option.envvar}
    assert [name for name in variables if name not in guide] == []
