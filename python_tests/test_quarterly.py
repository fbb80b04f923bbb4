"""The unattended quarter, run as a scheduler runs it: no terminal, hardly an environment, someone to tell.

The build is a real one of a project with two seeds, on the private database a whole build left: its end is the real end.
"""

import fcntl
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from python_tests.canary_company import BIN, CANARIES, MAPPING, Place, place_with_a_short_build
from python_tests.known_company.project import ROOT
from python_tests.speeds import thorough
from python_tests.windows import without_unix
from winloss.operations import quarterly
from winloss.operations.quarterly import Outcome, Plan, lock_path, only_run

GUIDE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
CRONTAB = re.findall(r"^```crontab\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)[0].splitlines()
UNITS = dict(
    re.findall(r"^`/etc/systemd/system/(winloss\.\w+)`:\n\n```ini\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
)
SCHEDULE = r"(?:[\d*,/-]+ ){5}"
MAIL = "mail -s Winloss sales-operations@example.com"


# what runs as cron runs it is thorough
@pytest.fixture(scope="module", params=[thorough("as cron")])
def place() -> Place:
    found = place_with_a_short_build("quarterly")
    (found.project / ".venv").symlink_to(BIN.parent)
    (found.folder / "home").mkdir()
    write_mapping(found)
    return found


def write_mapping(place: Place, **more: object) -> None:
    (place.project / "mapping.yml").write_text(yaml.safe_dump({**MAPPING, **more}), encoding="utf-8")


def as_cron(place: Place, command: str) -> subprocess.CompletedProcess[str]:
    """What cron does with a line: /bin/sh in the home folder, four variables, no terminal."""
    home = str(place.folder / "home")
    own = {name: value for name, value in place.environment().items() if name.startswith("WINLOSS_")}
    environment = {
        "HOME": home,
        "LOGNAME": "winloss",
        "SHELL": "/bin/sh",
        "PATH": "/usr/bin:/bin",
        # where the tests are those of another checkout than the one that is installed
        **{name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ},
        **own,
        "WINLOSS_REPORTS": "../reports",
    }
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=home,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )


def the_line_of_the_guide(place: Place, instead_of_mail: str) -> str:
    """The command of the crontab in the guide, in the folder of this place and with its mapping."""
    (line,) = [line for line in CRONTAB if re.match(SCHEDULE, line)]
    command = re.sub(f"^{SCHEDULE}", "", line).replace("/srv/winloss", str(place.project))
    assert MAIL in command
    return command.replace(MAIL, instead_of_mail) + " --mapping mapping.yml"


def standing(place: Place) -> dict[str, bytes]:
    """Every published file and report as it stands."""
    folders = (place.published.parent, place.folder / "reports")
    return {
        str(path.relative_to(place.folder)): path.read_bytes()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def published_runs(place: Place) -> int:
    (row,) = place.rows("select count(*) from run_history where is_published")
    return int(row[0])


TELL = 'cat > "$HOME/told.txt"; echo "$WINLOSS_STATUS $WINLOSS_REPORT $WINLOSS_LOG" > "$HOME/status.txt"'


def told(place: Place) -> tuple[str, list[str]]:
    """The text someone got, and status, report and log as the command found them; both are gone then."""
    files = [place.folder / "home" / name for name in ("told.txt", "status.txt")]
    text, words = (path.read_text(encoding="utf-8") for path in files)
    for path in files:
        path.unlink()
    return text, words.split(" ")


# ---------------------------------------------------------------- runs


def test_the_cron_line_of_the_guide_builds_reports_and_tells(place: Place) -> None:
    before = published_runs(place)
    run = as_cron(place, the_line_of_the_guide(place, TELL))
    assert (run.returncode, run.stdout, run.stderr) == (0, "", ""), run.stdout + run.stderr
    assert published_runs(place) == before + 1
    report = place.folder / "reports" / "2025-Q1" / "report.html"
    assert report.read_text(encoding="utf-8").startswith("<!doctype html>")
    text, (status, named, log) = told(place)
    assert text.startswith("Winloss: 2025-Q1 is built, published and reported.\n")
    assert status == "done" and Path(named).resolve() == report.resolve()
    # the same exports as last time: an unattended run must not pass that off as a new quarter
    assert "2025-Q1 was under review before, too: the exports hold no later complete quarter." in text
    assert "Win rate 2025-Q1" in text
    assert [word for word in CANARIES if word in text] == []
    written = Path(log.strip())
    assert written.resolve() == place.database.with_name("quarterly.log").resolve()
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    lines = written.read_text(encoding="utf-8")
    assert "OK loaded seed file" in lines and text in lines and "ends with exit code 0" in lines


def test_the_run_ends_well_on_a_system_without_what_only_unix_has(place: Place, tmp_path: Path) -> None:
    """Twice, since the second build replaces files; with lines that end as Windows writes them."""
    before, exports = published_runs(place), {path: path.read_bytes() for path in place.exports.glob("*.csv")}
    path = os.pathsep.join([str(without_unix(tmp_path / "windows")), str(place.project)])
    own = {"HOME": str(place.folder / "home"), "WINLOSS_REPORTS": "../reports"}
    published = place.published.parent
    published.rename(tmp_path / "published by Unix")
    try:
        for file, text in exports.items():
            file.write_bytes(text.replace(b"\n", b"\r\n"))
        for runs in (1, 2):
            ended = subprocess.run(
                quarterly_command(place), cwd=place.project, env={**place.environment(**own), "PYTHONPATH": path}, capture_output=True,
                text=True, check=False,
            )  # fmt: skip
            assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout + ended.stderr
            assert told(place)[0].startswith("Winloss: 2025-Q1 is built, published and reported.\n")
            assert published_runs(place) == before + runs and not place.published.is_symlink()
    finally:
        shutil.rmtree(published, ignore_errors=True)
        (tmp_path / "published by Unix").rename(published)
        for file, text in exports.items():
            file.write_bytes(text)


@pytest.mark.parametrize(
    "kind", ["a variable no one knows", "a seed that cannot be loaded", "an alert that blocks", "far fewer deals"]
)
def test_a_failed_run_tells_why_and_leaves_what_stood(place: Place, kind: str) -> None:
    seed = place.project / "seeds" / "reject_rules.csv"
    seed_before, database_before = seed.read_bytes(), place.database.read_bytes()
    as_it_was = standing(place)
    assert len(as_it_was) > 4
    if kind == "a variable no one knows":
        write_mapping(place, alert_polisy="block")
        why = "\n  mapping.yml, line 1: alert_polisy is not known. Did you mean alert_policy?\n\nWhat stands"
    elif kind == "an alert that blocks":
        write_mapping(place, alert_policy="block", run_time_budget_minutes=0)
        why = "alert_policy is block and"
    elif kind == "far fewer deals":
        with duckdb.connect(str(place.database)) as connection:
            connection.execute(
                "delete from marts.fct_deals where deal_key not in (select deal_key from marts.fct_deals limit 59)"
            )
        why = "Not published: the export holds 59 deals, less than 50% of the 120 that stand published"
    else:
        seed.write_bytes(seed_before + b'one,"line,that,never ends\n')
        why = "reject_rules"
    try:
        run = as_cron(place, the_line_of_the_guide(place, TELL))
    finally:
        write_mapping(place)
        seed.write_bytes(seed_before)
        place.database.write_bytes(database_before)
    assert run.returncode == 1
    text, (status, named, _) = told(place)
    assert (status, named) == ("failed", "")
    assert text.startswith("Winloss: the quarterly run failed.\n") and why in text, text
    assert f"{place.published.name} still reviews 2025-Q1; no report was touched." in text
    # without a terminal or a mail, whoever reads what cron sends still gets it
    assert run.stdout == "" and run.stderr == text
    assert [word for word in (*CANARIES, "Traceback", "compiled code") if word in text] == []
    assert standing(place) == as_it_was


def test_a_green_run_that_told_nobody_says_so(place: Place) -> None:
    run = as_cron(place, the_line_of_the_guide(place, "echo no such server >&2; exit 7"))
    assert run.returncode == 3
    assert "2025-Q1 is built, published and reported." in run.stderr
    assert run.stderr.endswith("No one was told: the command of --notify ended with exit code 7 (no such server).\n")


def test_two_runs_do_not_collide_and_the_one_that_waits_for_nothing_tells(place: Place) -> None:
    as_it_was, log = standing(place), place.database.with_name("quarterly.log").read_bytes()
    with only_run(place.database):
        os.utime(lock_path(place.database), (0, 0))
        run = as_cron(place, the_line_of_the_guide(place, TELL))
    assert run.returncode == 4
    text, (status, _, _) = told(place)
    assert (status, run.stderr) == ("failed", text)
    assert (
        f"\n  Another quarterly run (process {os.getpid()}) is at work on {place.database.resolve()} since 1970-01-01 00:00 UTC. "
        "It goes on; this one did nothing.\n" in text
    )
    assert "If it hangs, end that process and run winloss quarterly again." in text
    assert standing(place) == as_it_was and place.database.with_name("quarterly.log").read_bytes() == log


# ---------------------------------------------------------------- whatever happens, someone is told


def quarterly_command(place: Place, *options: str) -> list[str]:
    mapping = () if "--mapping" in options else ("--mapping", "mapping.yml")
    return [sys.executable, "-m", "winloss", "quarterly", "--quiet", "--notify", TELL, *mapping, *options]


def environment_of(place: Place, **more: str) -> dict[str, str]:
    own = {"HOME": str(place.folder / "home"), "WINLOSS_REPORTS": "../reports", "PYTHONPATH": str(place.project)}
    return place.environment(**own, **more)


def not_utf_8(place: Place) -> tuple[str, ...]:
    (place.project / "odd.yml").write_bytes(b"crm: custom\ncompany_currency: \xff\n")
    return ("--mapping", "odd.yml")


def a_mapping_that_is_not_there(place: Place) -> tuple[str, ...]:
    return ("--mapping", "nowhere.yml")


def a_mapping_that_is_a_folder(place: Place) -> tuple[str, ...]:
    return ("--mapping", "seeds")


def a_log_that_is_a_folder(place: Place) -> tuple[str, ...]:
    return ("--log", "seeds")


def a_full_disk_under_the_log(place: Place) -> tuple[str, ...]:
    return ("--log", "/dev/full")


def exports_without_a_header(place: Place) -> tuple[str, ...]:
    write_mapping(place, mapping={**MAPPING["mapping"], "dimensions": {"tier": "Teer"}})
    return ()


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (not_utf_8, "odd.yml, line 2 is not UTF-8: save the file as UTF-8."),
        (a_mapping_that_is_not_there, "nowhere.yml of --mapping is not there."),
        (a_mapping_that_is_a_folder, "seeds cannot be read: Is a directory."),
        (
            a_log_that_is_a_folder,
            "seeds cannot be written (Is a directory): make room there, or name another file with --log.",
        ),
        (a_full_disk_under_the_log, "The log /dev/full cannot be written (No space left on device): make room there"),
        (exports_without_a_header, 'has no column "Teer" (for the dimension tier)'),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_run_that_cannot_begin_is_told_in_one_sentence(
    place: Place, fault: Callable[[Place], tuple[str, ...]], why: str
) -> None:
    as_it_was = standing(place)
    try:
        run = subprocess.run(
            quarterly_command(place, *fault(place)), cwd=place.project, env=environment_of(place), capture_output=True,
            text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    finally:
        write_mapping(place)
    text, (status, report, _) = told(place)
    assert (run.returncode, run.stderr, status, report) == (1, text, "failed", "")
    (said,) = text.split("Why\n")[1].split("\n\nWhat stands")[0].splitlines()
    assert why in said and said.startswith("  ")
    assert "Next\n  Fix it and run winloss quarterly again." in text
    assert "Traceback" not in text
    assert standing(place) == as_it_was


def test_without_a_project_someone_is_told_too(place: Place, tmp_path: Path) -> None:
    run = subprocess.run(
        quarterly_command(place), cwd=tmp_path, env=environment_of(place), capture_output=True, text=True, check=False
    )
    # the checkout that the package stands in is found from anywhere
    text, (status, _, _) = told(place)
    assert (run.returncode, status) == (1, "failed")
    assert "mapping.yml of --mapping is not there." in text


@contextmanager
def a_run_whose_build_waits(place: Place) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A quarterly run whose build waits for another, which never ends; the run, and the process of its build."""
    with place.database.with_name("w.duckdb.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        log = place.folder / "waits.log"
        log.unlink(missing_ok=True)
        run = subprocess.Popen(
            quarterly_command(place, "--log", str(log)), cwd=place.project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, env=environment_of(place, WINLOSS_LOCK_WAIT="600"), start_new_session=True,
        )  # fmt: skip
        try:
            for _ in range(600):
                if log.exists() and "Waiting up to 600 s for another build" in log.read_text(encoding="utf-8"):
                    break
                time.sleep(0.1)
            children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text(encoding="utf-8").split()
            yield run, int(children[0])
        finally:
            run.kill()
            run.wait()
            assert run.stdout is not None
            run.stdout.close()


def lives(process: int) -> bool:
    """Whether a process goes on; a signal that was sent takes a moment on a busy machine."""
    for _ in range(100):
        try:
            if Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z":
                return False
        except FileNotFoundError:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_run_that_is_told_to_end_ends_its_build_and_tells(place: Place, number: signal.Signals) -> None:
    as_it_was = standing(place)
    with a_run_whose_build_waits(place) as (run, build):
        run.send_signal(number)
        shown, _ = run.communicate(timeout=60)
        assert run.returncode == 1
        assert not lives(build)
    text, (status, _, _) = told(place)
    assert (status, shown) == ("failed", text)
    assert f"The run was told to end ({number.name})" in text and "still reviews 2025-Q1" in text
    assert "ends with exit code 1" in (place.folder / "waits.log").read_text(encoding="utf-8")
    assert standing(place) == as_it_was


def test_a_run_that_takes_too_long_ends_itself_and_tells(place: Place) -> None:
    as_it_was = standing(place)
    write_mapping(place, quarterly_time_limit_minutes=0.4)
    try:
        with a_run_whose_build_waits(place) as (run, build):
            run.communicate(timeout=120)
            assert run.returncode == 1
            assert not lives(build)
    finally:
        write_mapping(place)
    text, _ = told(place)
    assert "The run took longer than quarterly_time_limit_minutes (0.4) and was ended." in text
    assert standing(place) == as_it_was


def test_a_run_that_is_killed_leaves_no_build_that_publishes_later(place: Place) -> None:
    with a_run_whose_build_waits(place) as (run, build):
        run.kill()
        run.communicate()
        assert not lives(build)


def test_a_log_that_fills_up_on_the_way_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, plan = os.write, Plan(tmp_path, tmp_path / "w", tmp_path / "p", tmp_path / "r", tmp_path / "l")

    def full(descriptor: int, content: bytes) -> int:
        if b"a line of dbt" in content:
            raise OSError(28, "No space left on device")
        return write(descriptor, content)

    def attempted(plan: Plan, state: Any, say: Any) -> Outcome:
        state.log.write("a line of dbt")
        return Outcome(0, "done")

    monkeypatch.setattr(os, "write", full)
    monkeypatch.setattr(quarterly, "_build_and_report", attempted)
    outcome = quarterly.run(lambda: plan, f"cat > {tmp_path / 'told'}", lambda line: None)
    assert outcome.code == 1
    assert (tmp_path / "told").read_text(encoding="utf-8") == outcome.text
    assert outcome.text.startswith(f"done\nThe log {tmp_path / 'l'} cannot be written (No space left on device)")


def test_a_log_that_others_could_read_becomes_private(tmp_path: Path) -> None:
    (tmp_path / "l").touch()
    (tmp_path / "l").chmod(0o644)
    quarterly.Log(tmp_path / "l").close()
    assert stat.S_IMODE((tmp_path / "l").stat().st_mode) == 0o600


def test_a_fault_no_one_foresaw_is_told_without_its_text() -> None:
    assert quarterly.told(ValueError("Persephone Xylander")) == (
        "The run met a fault that was not foreseen (ValueError). Please report it."
    )


def test_a_full_disk_under_the_database_is_one_sentence() -> None:
    """The lines are those of a build whose database stood on a disk of three megabytes."""
    full = 'TransactionContext Error: Failed to commit: Could not write file "/srv/w/w.duckdb.wal": No space left on device'
    shown = [
        "20:58:01  Completed with 3 errors, 0 partial successes, and 0 warnings:",
        "20:58:01  Failure in model int_person_findings (models/intermediate/checks/int_person_findings.sql)",
        "20:58:01    Runtime Error in model int_person_findings (models/intermediate/checks/int_person_findings.sql)",
        f"  {full}",
        "20:58:01  Failure in model fct_deals (models/marts/core/fct_deals.sql)",
        f"Not published: {full}; readers keep the previous build.",
        "nanobind: leaked 27 instances!",
        ' - leaked instance 0x561c98af1ac0 of type "_duckdb._sqltypes.DuckDBPyType"',
    ]
    assert quarterly.reasons(shown) == ["The disk of /srv/w is full: make room there."]
    assert quarterly.reasons(["OSError: [Errno 28] No space left on device"]) == [
        "A disk, such as that of temporary files (TMPDIR), is full: make room there."
    ]
    assert quarterly.reasons([*shown[:3], *shown[6:]]) == [line.split("  ", 1)[1].strip() for line in shown[1:3]]


def test_a_notify_command_that_never_ends_is_ended_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarterly, "NOTIFY_SECONDS", 1)
    plan = Plan(tmp_path, tmp_path / "w", tmp_path / "p", tmp_path / "r", tmp_path / "l")
    said = quarterly.tell("sleep 300 & echo $! > child; wait", Outcome(0, "text"), plan)
    assert said == "No one was told: the command of --notify did not end within 1 s."
    child = int((tmp_path / "child").read_text(encoding="utf-8"))
    state = Path(f"/proc/{child}/stat")
    # a signal that was sent takes a moment on a busy machine
    for _ in range(50):
        if not state.exists() or state.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.1)
    pytest.fail("the child lives on")


# ---------------------------------------------------------------- the guide


def test_the_exit_codes_of_the_guide_are_those_of_the_command() -> None:
    codes = [int(code) for code in re.findall(r"^\| (\d) \|", GUIDE, re.MULTILINE)]
    assert codes == [quarterly.DONE, quarterly.FAILED, 2, quarterly.NOT_TOLD, quarterly.BUSY]
    told_in_help = subprocess.run(
        [sys.executable, "-m", "winloss", "quarterly", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert all(f" {code} " in " ".join(told_in_help.split()) for code in codes if code != 2)


def test_the_crontab_of_the_guide_is_one() -> None:
    kinds = [r"[A-Z_]+=\S+", rf"{SCHEDULE}\S.*"]
    assert [line for line in CRONTAB if not any(re.fullmatch(kind, line) for kind in kinds)] == []
    (fields,) = [re.match(SCHEDULE, line)[0].split() for line in CRONTAB if re.match(SCHEDULE, line)]  # type: ignore[index]
    for field, (low, high) in zip(fields, [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)], strict=True):
        assert all(low <= int(number) <= high for number in re.findall(r"\d+", field))
    # cron ends a command at a bare per cent sign
    assert not re.search(r"(?<!\\)%", "\n".join(CRONTAB))


def test_the_units_of_the_guide_are_sound(tmp_path: Path) -> None:
    assert set(UNITS) == {"winloss.service", "winloss.timer"}
    for name, text in UNITS.items():
        (tmp_path / name).write_text(
            text.replace("/srv/winloss", str(BIN.parent.parent)).replace(".venv/bin", f"{BIN.parent.name}/bin"),
            encoding="utf-8",
        )
        for line in text.splitlines():
            assert re.fullmatch(r"|\[\w+\]|[A-Z]\w+=\S.*", line), line
    assert re.search(r"^ExecStart=/\S+/winloss quarterly ", UNITS["winloss.service"], re.MULTILINE)
    calendar = re.findall(r"^OnCalendar=(.*)$", UNITS["winloss.timer"], re.MULTILINE)
    assert calendar == ["*-01,04,07,10-10 06:00"]
    if shutil.which("systemd-analyze"):
        checked = subprocess.run(
            ["systemd-analyze", "verify", *[str(tmp_path / name) for name in UNITS]],
            capture_output=True,
            text=True,
            check=False,
        )
        # a system may have something to say about units of its own
        said = [line for line in (checked.stdout + checked.stderr).splitlines() if "winloss" in line]
        assert (checked.returncode, said) == (0, [])
        subprocess.run(["systemd-analyze", "calendar", *calendar], capture_output=True, check=True)


def test_cron_and_systemd_run_the_same_command_with_the_same_settings() -> None:
    (line,) = [line for line in CRONTAB if re.match(SCHEDULE, line)]
    options = line.partition("winloss quarterly ")[2].replace("'", '"')
    assert f"winloss quarterly {options}" in UNITS["winloss.service"]
    assert [
        line
        for line in CRONTAB
        if "=" in line.split(" ")[0] and f"Environment={line}\n" not in UNITS["winloss.service"]
    ] == []
