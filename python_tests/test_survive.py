"""What goes wrong costs nothing: readers, signals, disks and locks, with real processes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from python_tests.canary_company import Place, place_with_a_short_build
from python_tests.known_company.project import ROOT
from python_tests.reader_process import look_at_duckdb

# a program to each test, and most of them build
pytestmark = pytest.mark.thorough

TRACEBACK = "Traceback (most recent call last)"


def may_mount() -> bool:
    probe = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), "true"]
    return (
        shutil.which("unshare") is not None and subprocess.run(probe, capture_output=True, check=False).returncode == 0
    )


needs_mounts = pytest.mark.skipif(not may_mount(), reason="this system lets no test mount a small or read-only disk")


def with_mounts(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script that may mount what it likes: only it sees that."""
    own = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = ["unshare", "--mount", *own, "sh", "-ec", script, "sh", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@contextmanager
def held_open(database: Path, seconds: float = 60) -> Iterator[subprocess.Popen[str]]:
    """Another program that keeps a database open read-only."""
    code = "import duckdb, sys, time; c = duckdb.connect(sys.argv[1], read_only=True); print('open', flush=True); time.sleep(float(sys.argv[2]))"
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(database), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        yield holder
    finally:
        holder.kill()
        holder.wait()


def publishes(place: Place) -> str:
    """Publish again from the private database as it stands; the build the published file then speaks of."""
    run = subprocess.run(
        [sys.executable, "-m", "python_tests.publisher", str(place.database), str(place.published)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return newly_seen(place)


def newly_seen(place: Place) -> str:
    """The build that a client sees which connects now: one in this process would share the file it holds open already."""
    code = "import sys; from pathlib import Path; from python_tests.reader_process import look_at_duckdb; print(look_at_duckdb(Path(sys.argv[1])))"
    return subprocess.run(
        [sys.executable, "-c", code, str(place.published)], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


# ---------------------------------------------------------------- readers


def test_a_reader_that_holds_the_old_file_keeps_it_and_sees_the_new_one_when_it_connects_again() -> None:
    place = place_with_a_short_build("held")
    old = look_at_duckdb(place.published)
    with duckdb.connect(str(place.published), read_only=True) as connection, held_open(place.published):
        new = publishes(place)
        (row,) = connection.execute("select max_by(invocation_id, started_at) from run_history").fetchall()
        assert row == (old,)
        assert connection.execute("select count(*) > 0 from win_rates_by_dimension").fetchall() == [(True,)]
    assert new != old


# ---------------------------------------------------------------- disks


@needs_mounts
@pytest.mark.parametrize("spare", [100, 1500, 4500])
def test_a_full_disk_leaves_the_old_file_and_the_next_build_works(spare: int) -> None:
    """`spare`: kilobytes left beside the old file; the file, its SQLite copy and the copy of the quarter need more."""
    place = place_with_a_short_build("full")
    size = place.published.stat().st_size // 1024
    script = """
        mount -t tmpfs -o size=$3k tmpfs "$1"
        cp "$2" "$1/marts.duckdb"
        cp "$4" "$1/../w.duckdb"
        chmod 600 "$1/../w.duckdb"
        if "$5" -m python_tests.publisher "$1/../w.duckdb" "$1/marts.duckdb"; then echo published; fi
        cmp "$2" "$1/marts.duckdb" && echo same
        ls -A "$1"
        mount -t tmpfs -o remount,size=64m tmpfs "$1"
        "$5" -m python_tests.publisher "$1/../w.duckdb" "$1/marts.duckdb" && echo published afterwards
    """
    disk = place.folder / "disk"
    disk.mkdir()
    run = with_mounts(script, str(disk), str(place.published), str(size + spare), str(place.database), sys.executable)
    said = [line for line in run.stdout.splitlines() if "Published" not in line]
    assert said == ["same", ".marts.duckdb.lock", "marts.duckdb", "published afterwards"], run.stdout + run.stderr
    assert (
        run.stderr.strip()
        == f"Not published: the disk of {disk} is full; readers keep the previous build. Make room there and build again."
    )


@needs_mounts
def test_a_full_disk_ends_the_build_with_one_sentence_and_exit_code_1() -> None:
    place = place_with_a_short_build("full_build")
    command = place.command("build")
    script = 'mount -t tmpfs -o size=200k tmpfs "$1"; shift; cd "$1"; shift; exec "$@"'
    own = [] if os.geteuid() == 0 else ["--map-root-user"]
    run = subprocess.run(
        ["unshare", "--mount", *own, "sh", "-ec", script, "sh", str(place.published.parent), str(place.project), *command],
        env=place.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 1, run.stdout + run.stderr
    assert run.stdout.count("is full; readers keep the previous build. Make room there and build again.") >= 1
    assert TRACEBACK not in run.stdout + run.stderr
    assert "keyboard interrupt" not in run.stdout
    (row,) = place.rows(
        "select is_published, why_not from w.history.run_history order by started_at desc limit 1", place.database
    )
    assert row[0] is False
    assert "is full" in row[1]


@needs_mounts
def test_a_folder_that_cannot_be_written_is_one_sentence() -> None:
    place = place_with_a_short_build("read_only")
    before = place.published.read_bytes()
    script = """
        mount --bind "$1" "$1"
        mount -o remount,ro,bind "$1"
        "$3" -m python_tests.publisher "$2" "$1/marts.duckdb"
    """
    run = with_mounts(script, str(place.published.parent), str(place.database), sys.executable)
    assert run.returncode == 1
    assert run.stderr.strip() == (
        f"Not published: {place.published.parent} cannot be written; readers keep the previous build. "
        "Change its rights, or name another file in WINLOSS_PUBLISHED."
    )
    assert place.published.read_bytes() == before
    assert publishes(place)


def test_a_file_where_the_folder_should_be_is_one_sentence() -> None:
    place = place_with_a_short_build("no_folder")
    run = subprocess.run(
        [sys.executable, "-m", "python_tests.publisher", str(place.database), str(place.project / "profiles.yml" / "marts.duckdb")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert "is not a folder; readers keep the previous build." in run.stderr
    assert TRACEBACK not in run.stderr


# ---------------------------------------------------------------- locks


def test_a_private_file_held_open_is_one_sentence_naming_the_holder() -> None:
    place = place_with_a_short_build("locked")
    with held_open(place.database) as holder:
        run = place.dbt("build", environment={"WINLOSS_LOCK_WAIT": "1"}, apart=True)
    assert run.returncode == 2
    assert TRACEBACK not in run.stdout
    message = run.stdout.split("Encountered an error:")[1]
    assert (
        f"../private/w.duckdb is held open by {Path(os.path.realpath(sys.executable)).name} (process {holder.pid}). Close it there and build again"
        in message
    )
    assert "open ../published/marts.duckdb instead" in message
    assert len(message.strip().splitlines()) == 3


def test_a_build_waits_for_a_private_file_that_is_closed_in_time() -> None:
    place = place_with_a_short_build("waits")
    with held_open(place.database) as holder:
        run = place.start("build", environment={"WINLOSS_LOCK_WAIT": "60"})
        assert run.stdout is not None
        assert any("Waiting up to 60 s for" in line and str(holder.pid) in line for line in run.stdout)
        holder.kill()
        shown, _ = run.communicate()
    assert run.returncode == 0, shown
    assert "Published" in shown


def test_a_second_build_waits_for_the_first_and_then_works() -> None:
    place = place_with_a_short_build("second")
    first = place.start("build", "--target-path", "t1", "--log-path", "l1")
    second = place.start("build", "--target-path", "t2", "--log-path", "l2", environment={"WINLOSS_LOCK_WAIT": "60"})
    shown = [process.communicate()[0] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), shown
    assert sum("Published" in text for text in shown) == 2
    assert place.rows("select count(*) from run_history where is_published") == [(3,)]


def test_a_second_build_that_may_not_wait_names_the_first() -> None:
    place = place_with_a_short_build("impatient")
    code = (
        "import sys, time; from pathlib import Path; from winloss.dbt.build_lock import hold_build_lock; "
        "hold_build_lock(Path(sys.argv[1]), 0); print('held', flush=True); time.sleep(60)"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", code, str(place.database)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        run = place.dbt("build", environment={"WINLOSS_LOCK_WAIT": "0"})
    finally:
        first.kill()
        first.wait()
    assert run.returncode == 2
    assert f"Another build (process {first.pid}) is working on ../private/w.duckdb. Wait until it ends" in run.stdout
    assert TRACEBACK not in run.stdout
    # a killed build leaves no lock behind
    assert place.dbt("build").returncode == 0


@pytest.mark.parametrize("stated", ["soon", "-1", "nan"])
def test_a_wait_that_is_no_number_is_one_sentence(stated: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from dbt_common.exceptions import DbtRuntimeError

    from winloss.dbt.build_lock import seconds_to_wait

    monkeypatch.setenv("WINLOSS_LOCK_WAIT", stated)
    with pytest.raises(DbtRuntimeError, match=f'WINLOSS_LOCK_WAIT is "{stated}" but must be seconds'):
        seconds_to_wait()


def test_a_file_that_is_no_database_is_one_sentence() -> None:
    place = place_with_a_short_build("broken")
    place.database.write_text("not a database at all, but long enough to be looked at " * 400, encoding="utf-8")
    run = place.dbt("build")
    assert run.returncode == 2
    assert "w.duckdb is no DuckDB database." in run.stdout
    assert TRACEBACK not in run.stdout
