"""Whatever the environment, the paths and the files around a build are: one sentence, no stack trace, and nothing that others may read."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import duckdb
import pytest
from click.testing import CliRunner
from dbt_common.exceptions import DbtRuntimeError

from python_tests.canary_company import CANARIES, Place, place_with_a_short_build
from python_tests.known_company.project import ROOT
from python_tests.speeds import thorough
from winloss.cli import main
from winloss.dbt.build_lock import release_build_lock
from winloss.dbt.plugin import Plugin, keep_private, memory_problem
from winloss.settings import declared

# a file or a process to each test
pytestmark = pytest.mark.long

TRACEBACK = "Traceback (most recent call last)"


@pytest.fixture(scope="module")
def place() -> Place:
    return place_with_a_short_build("odd_surroundings")


@pytest.fixture(scope="module")
def asked() -> Place:
    """A place of its own, for no build: a question needs the models that it asks."""
    place = place_with_a_short_build("asked")
    question = Path("analyses") / "what_is_our_win_rate.sql"
    (place.project / question.parent).mkdir()
    shutil.copy(ROOT / question, place.project / question)
    return place


def is_plain(text: str) -> bool:
    """Whether a text holds no stack trace, nothing that steers a terminal, and no one of the exports."""
    return (
        TRACEBACK not in text
        and "Python exception" not in text
        and all(character.isprintable() or character in "\n\t" for character in text)
        and not any(word in text for word in CANARIES)
    )


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "WINLOSS_MEMORY_LIMIT",
            "6 GBB",
            'WINLOSS_MEMORY_LIMIT is "6 GBB" but must be an amount of memory such as 6GB, or a share such as 80%.',
        ),
        (
            "WINLOSS_MEMORY_LIMIT",
            "nan",
            'WINLOSS_MEMORY_LIMIT is "nan" but must be an amount of memory such as 6GB, or a share such as 80%.',
        ),
        ("WINLOSS_LOCK_WAIT", "soon", 'WINLOSS_LOCK_WAIT is "soon" but must be seconds from 0 to 86399, such as 30.'),
        ("WINLOSS_DB", "../exports", "../exports"),
        ("WINLOSS_DB", "dbt_project.yml", "dbt_project.yml is no DuckDB database."),
        ("WINLOSS_DB", "dbt_project.yml/w.duckdb", "dbt_project.yml/w.duckdb cannot be used: File exists."),
        ("WINLOSS_DB", "../published/marts.duckdb", "../published/marts.duckdb is a published file."),
        ("WINLOSS_DB", "../private/w'x.duckdb", "../private/w'x.duckdb has a quotation mark in its name"),
        ("WINLOSS_KEY", "short", "WINLOSS_KEY holds no key of 16 letters and digits or more"),
        (
            "WINLOSS_PUBLISHED",
            "../published/x.sqlite",
            "is the place of the SQLite copy: name a file that ends in .duckdb in WINLOSS_PUBLISHED.",
        ),
        ("WINLOSS_PUBLISHED", "dbt_project.yml/x.duckdb", "is not a folder; readers keep the previous build."),
        ("WINLOSS_PUBLISHED", "../exports", "is a folder"),
        ("WINLOSS_DB", "../private/\udcff.duckdb", "is not UTF-8: rename the file or folder."),
        ("WINLOSS_PUBLISHED", "../publi\udcff/x.duckdb", "is not UTF-8: rename the file or folder."),
        ("WINLOSS_EXPORTS", "../exports\udcff", "is not UTF-8: rename the file or folder."),
        ("WINLOSS_REPORTS", "../reports\udcff", "is not UTF-8: rename the file or folder."),
        ("WINLOSS_SETTINGS", "models", "models cannot be read: Is a directory."),
    ],
)
def test_a_variable_of_the_environment_that_no_build_can_work_with_is_one_sentence(
    place: Place, name: str, value: str, sentence: str
) -> None:
    before = {path: path.read_bytes() for path in place.published.parent.rglob("*") if path.is_file()}
    run = place.dbt("build", environment={name: value})
    assert run.returncode in (1, 2), run.stdout
    assert is_plain(run.stdout), run.stdout
    assert [line for line in run.stdout.splitlines() if sentence in line], run.stdout
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(
    "name",
    [
        "WINLOSS_KEY",
        *(thorough(name) for name in ("WINLOSS_MEMORY_LIMIT", "WINLOSS_LOCK_WAIT", "WINLOSS_SETTINGS")),
    ],
)
def test_an_empty_variable_of_the_environment_is_none(place: Place, name: str) -> None:
    run = place.dbt("build", environment={name: ""})
    assert run.returncode == 0, run.stdout


def test_a_published_name_with_a_quote_is_a_name(place: Place) -> None:
    run = place.dbt("build", environment={"WINLOSS_PUBLISHED": "../publi'shed/m'a\"rts.duckdb"})
    assert run.returncode == 0, run.stdout
    with duckdb.connect(str(place.folder / "publi'shed" / "m'a\"rts.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from dim_periods").fetchall() == [(4,)]


def test_logs_and_compiled_sql_are_as_private_as_the_database(place: Place) -> None:
    for name in ("logs", "target"):
        folder = place.project / name
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        (folder / "dbt.log").touch()
        (folder / "dbt.log").chmod(0o644)
    assert place.dbt("build").returncode == 0
    for name in ("logs", "target"):
        assert stat.S_IMODE((place.project / name).stat().st_mode) == 0o700
        assert stat.S_IMODE((place.project / name / "dbt.log").stat().st_mode) == 0o600
    assert stat.S_IMODE((place.project / "target" / "manifest.json").stat().st_mode) == 0o600


def test_a_folder_that_is_shared_stays_open_for_others(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    # whatever mask the tests before left
    shared.chmod(0o755)
    for name in ("dbt.log", "theirs.log"):
        (shared / name).touch()
        (shared / name).chmod(0o644)
    keep_private(tmp_path, shared, shared)
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755
    assert stat.S_IMODE((shared / "dbt.log").stat().st_mode) == 0o600
    assert stat.S_IMODE((shared / "theirs.log").stat().st_mode) == 0o644


@pytest.mark.parametrize("stated", ["6GB", "80%", "512 MB"])
def test_an_amount_of_memory_is_one(stated: str) -> None:
    assert memory_problem(stated) is None


# ---------------------------------------------------------------- the commands


NAMED_IN_BYTES = {
    "WINLOSS_DB": ("publish", "summary", "doctor"),
    "WINLOSS_PUBLISHED": ("report", "recommend", "publish", "doctor"),
    "WINLOSS_EXPORTS": ("check", "run", "doctor"),
    "WINLOSS_REPORTS": ("run", "doctor"),
}


@pytest.mark.parametrize(
    ("name", "command"), [(name, command) for name, commands in NAMED_IN_BYTES.items() for command in commands]
)
def test_a_path_that_is_not_utf_8_is_one_sentence(tmp_path: Path, name: str, command: str) -> None:
    """By hand: the byte 0xff is none of UTF-8, and no engine opens a file of that name."""
    stated = {name: f"{tmp_path}/\udcff.duckdb"}
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("WINLOSS_", "DBT_"))}
    run = subprocess.run(
        [sys.executable, "-m", "winloss", command], cwd=ROOT, env={**plain, "WINLOSS_SETTINGS": os.devnull, **stated},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode in (1, 2)
    assert is_plain(run.stdout + run.stderr), run.stderr
    assert f'{name} is "{tmp_path}/?.duckdb", which is not UTF-8: rename the file or folder.' in run.stdout + run.stderr


# ---------------------------------------------------------------- every variable of the environment


OF_THE_SYSTEM = {"WINLOSS_DB", "WINLOSS_SETTINGS", "WINLOSS_MEMORY_LIMIT", "WINLOSS_KEY", "WINLOSS_LOCK_WAIT"}
"""Variables that are no settings."""

VARIABLES = sorted({setting.environment for setting in declared().values() if setting.environment} | OF_THE_SYSTEM)

ODD = (" ", "nan", "\x1b[31mred", "a\nb", "\u202ex", "x" * 300, "x" * 5_000, "{{ 7 * 7 }}", "~nobodyknown/x", "/dev/full", "/proc/1/mem", "\udcff")  # fmt: skip
"""What no variable can be, or hardly: of no kind, too long, of no user, of no file, and what steers a terminal."""


def test_every_variable_that_is_read_is_tried() -> None:
    read = {
        name
        for folder in ("winloss", "macros", "profiles.yml")
        for path in ([ROOT / folder] if (ROOT / folder).is_file() else (ROOT / folder).rglob("*.*"))
        if path.suffix in (".py", ".sql", ".yml")
        for name in re.findall(r"WINLOSS_[A-Z_]+[A-Z]", path.read_text(encoding="utf-8"))
    }
    # of other engines, and what a notify command is told
    other = re.compile("WINLOSS_(SPARK|THRIFT|TARGET|SAMPLE|STATUS|REPORT$|LOG$)")
    assert {name for name in read if not other.match(name)} == set(VARIABLES)


@pytest.mark.parametrize("name", VARIABLES)
def test_whatever_a_variable_of_the_environment_holds_every_command_says_it_in_a_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in [variable for variable in os.environ if variable.startswith(("WINLOSS_", "DBT_"))]:
        monkeypatch.delenv(variable)
    for file in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(ROOT / file, tmp_path)
    monkeypatch.setenv("WINLOSS_SETTINGS", os.devnull)
    monkeypatch.chdir(tmp_path)
    for value in ODD:
        monkeypatch.setenv(name, value)
        for command in ("check", "doctor", "summary", "report", "worklist", "accounts", "publish"):
            run = CliRunner().invoke(main, [command])
            said = f"winloss {command}, {name}={value[:20]!r}: {run.output[:400]!r} {run.exception!r}"
            assert run.exception is None or isinstance(run.exception, SystemExit), said
            assert is_plain(run.output), said
            assert all(len(line) < 1_000 for line in run.output.splitlines()), said
            if command != "doctor":
                assert len(run.output.splitlines()) == 1, said


@pytest.mark.parametrize("name", sorted({*OF_THE_SYSTEM, "WINLOSS_PUBLISHED"} - {"WINLOSS_KEY", "WINLOSS_SETTINGS"}))
def test_whatever_a_variable_of_the_environment_holds_a_build_says_it_in_a_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The part of a build that opens its database; what it reads later the test above asks."""
    monkeypatch.chdir(tmp_path)
    for variable, value in {"WINLOSS_DB": "w.duckdb", "WINLOSS_SETTINGS": os.devnull}.items():
        monkeypatch.setenv(variable, value)
    for value in ODD:
        monkeypatch.setenv(name, value)
        plugin = Plugin.__new__(Plugin)
        plugin._config = {}
        try:
            plugin.hold(Path(os.environ["WINLOSS_DB"]))
        except DbtRuntimeError as refused:
            assert is_plain(refused.msg) and len(refused.msg) < 1_000 and "\n" not in refused.msg, (value, refused.msg)
        finally:
            release_build_lock(Path(os.environ["WINLOSS_DB"]))


OF_PATHS = sorted(
    (name, parameter.opts[0])
    for name, command in main.commands.items()
    for parameter in command.params
    # a quarterly run tells its own faults, and click says itself what must be there and is not
    if isinstance(parameter, click.Option)
    and isinstance(parameter.type, click.Path)
    and not parameter.type.exists
    and name != "quarterly"
)


@pytest.mark.parametrize(("command", "option"), OF_PATHS)
def test_a_path_on_the_command_line_that_no_one_can_see_is_said_and_not_written(
    command: str, option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, why in {"\u202ex": "holds a sign that cannot be seen", "\udcff": "is not UTF-8"}.items():
        further = ["--drop", "tier=Gold"] if command == "what-if" else []
        run = CliRunner().invoke(main, [command, option, name, *further])
        assert isinstance(run.exception, SystemExit) and run.exit_code in (1, 2), run.exception
        assert is_plain(run.output) and f"{why}: rename the file or folder." in run.output, run.output
    assert list(tmp_path.iterdir()) == []


def damaged(path: Path) -> None:
    path.write_bytes(b"not a database at all \x1b[31m" * 400)


def no_database(path: Path) -> None:
    path.write_bytes(b"deal,result\n1,won\n2,lost\n")


# those that read what a build left
READING = sorted(set(main.commands) - {"check", "quarterly", "run"})
ARGUMENTS = {"what-if": ["--drop", "tier=Gold"], "ask": ["what", "is", "our", "win", "rate"]}


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize(
    "what", [damaged, no_database, lambda path: path.mkdir(), lambda path: path.write_bytes(b""), lambda path: None]
)
def test_a_command_on_a_damaged_file_is_one_sentence(
    tmp_path: Path, asked: Place, command: str, what: Callable[[Path], None]
) -> None:
    for name in ("w.duckdb", "marts.duckdb"):
        what(tmp_path / name)
    own = {
        "WINLOSS_DB": str(tmp_path / "w.duckdb"),
        "WINLOSS_PUBLISHED": str(tmp_path / "marts.duckdb"),
        "PYTHONPATH": str(asked.project),
    }
    run = subprocess.run(
        [sys.executable, "-m", "winloss", command, *ARGUMENTS.get(command, [])],
        cwd=asked.project,
        env=asked.environment(**own),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert is_plain(run.stdout + run.stderr), run.stderr
    if command != "doctor":
        assert len(run.stderr.strip().splitlines()) == 1, run.stderr
        assert str(tmp_path) in run.stderr
        # what an engine says of its own is no remedy
        assert "Error: IO Error" not in run.stderr and "Catalog Error" not in run.stderr, run.stderr
