"""The published files belong to one build at every moment, also after a kill between any two steps.

The files are small texts that say which build they are of. A kill is one: the process is gone before its next step on the disk.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from winloss.own_files import Manifest, digest, new_folder, remove_folders
from winloss.publish.build_folders import BuildFolders, OthersFilesError, published_place

NAMES = ("marts.sqlite", "csv/a.csv", "parquet/a.parquet", "2025-Q1/marts.duckdb", "marts.duckdb")
KILLED = 9


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed process needs no disk to be waited for: only a power cut does."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def put(final: Path, build: str, names: tuple[str, ...] = NAMES) -> None:
    """Publish files that hold the name of their build."""
    final.parent.mkdir(parents=True, exist_ok=True)
    remove_folders(final.parent, final.name)
    folder = new_folder(final.parent, final.name)
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(build, encoding="utf-8")
    kept = [path.name for path in final.parent.iterdir() if path.name.startswith("20")]
    BuildFolders(final).put_in_place(folder, names, kept)
    remove_folders(final.parent, final.name)


def seen(final: Path) -> dict[str, str]:
    """What a reader finds at each place that can be opened."""
    return {
        path.relative_to(final.parent).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(final.parent.rglob("*"))
        if not any(part.startswith(".") for part in path.relative_to(final.parent).parts) and path.is_file()
    }


def killed_before_step(number: int, act: Callable[[], None]) -> bool:
    """Whether `act`, in a process of its own, was killed before its step of that number; False where it had fewer."""
    process = os.fork()
    if process == 0:
        steps = 0

        def watch(event: str, _: object) -> None:
            nonlocal steps
            if event in ("os.rename", "os.symlink", "os.link", "os.remove", "os.rmdir", "os.mkdir", "os.chmod"):
                steps += 1
                if steps > number:
                    os._exit(KILLED)

        sys.addaudithook(watch)
        try:
            act()
        except BaseException:
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    assert code in (0, KILLED)
    return code == KILLED


def as_published_before_there_were_folders(final: Path, build: str) -> None:
    """Real files, with the list that was kept of those that say nothing of themselves."""
    for name in NAMES:
        (final.parent / name).parent.mkdir(parents=True, exist_ok=True)
        (final.parent / name).write_text(build, encoding="utf-8")
    manifest = Manifest(final.with_name(".marts.duckdb.manifest"))
    manifest.digests = {name: [digest(final.parent / name)] for name in NAMES}
    manifest.write(final.parent)


def as_put_by_a_copy_without_links(final: Path, build: str) -> None:
    put(final.parent.parent / "elsewhere" / final.name, build)
    shutil.copytree(final.parent.parent / "elsewhere", final.parent)


@pytest.mark.parametrize(
    "before",
    [
        put,
        pytest.param(as_published_before_there_were_folders, marks=pytest.mark.slow),
        pytest.param(as_put_by_a_copy_without_links, marks=pytest.mark.slow),
    ],
    ids=lambda act: act.__name__,
)
def test_a_kill_between_any_two_steps_leaves_the_files_of_one_build(
    before: Callable[[Path, str], None], tmp_path: Path
) -> None:
    number, builds = 0, set()
    while True:
        final = tmp_path / str(number) / "published" / "marts.duckdb"
        before(final, "one")
        assert set(seen(final).values()) == {"one"}
        was_killed = killed_before_step(number, lambda final=final: put(final, "two"))  # type: ignore[misc]
        found = seen(final)
        assert set(found) == set(NAMES), number
        assert len(set(found.values())) == 1, (number, found)
        builds |= set(found.values())
        # and the next publication needs no hand
        put(final, "three")
        assert seen(final) == dict.fromkeys(NAMES, "three")
        left = [path.name for path in final.parent.iterdir() if path.name.startswith(".")]
        assert sorted(name.rpartition(".")[2] for name in left) == ["build", "build", "current"], number
        if not was_killed:
            break
        number += 1
    assert builds == {"one", "two"}
    assert number > 20


def test_what_stands_changes_in_one_step_for_all_files(tmp_path: Path) -> None:
    final = tmp_path / "marts.duckdb"
    put(final, "one")
    folder = (tmp_path / os.readlink(tmp_path / ".marts.duckdb.current")).resolve()
    put(final, "two")
    assert seen(final) == dict.fromkeys(NAMES, "two")
    # a reader that found the folder before the change still reads all of the build before in it
    assert {(folder / name).read_text(encoding="utf-8") for name in NAMES} == {"one"}
    put(final, "three")
    assert not folder.exists()


def test_the_copy_of_an_earlier_quarter_stays_and_what_is_no_longer_published_goes(tmp_path: Path) -> None:
    final = tmp_path / "marts.duckdb"
    put(final, "one")
    for build in ("two", "three", "four"):
        put(final, build, ("marts.sqlite", "csv/b.csv", "2025-Q2/marts.duckdb", "marts.duckdb"))
    assert seen(final) == {
        "2025-Q1/marts.duckdb": "one",
        "2025-Q2/marts.duckdb": "four",
        "csv/b.csv": "four",
        "marts.duckdb": "four",
        "marts.sqlite": "four",
    }
    # not even a link to nothing
    assert not os.path.lexists(tmp_path / "csv" / "a.csv")
    (tmp_path / "2025-Q1" / "marts.duckdb").unlink()
    put(final, "five", ("marts.sqlite", "marts.duckdb"))
    assert seen(final) == {"2025-Q2/marts.duckdb": "four", "marts.duckdb": "five", "marts.sqlite": "five"}


def test_files_of_the_user_stay_also_in_the_folder_of_a_build(tmp_path: Path) -> None:
    final = tmp_path / "marts.duckdb"
    put(final, "one")
    build = tmp_path / os.readlink(tmp_path / ".marts.duckdb.current")
    others = [
        build / "csv" / "mine.csv",
        tmp_path / ".marts.duckdb.mine.build" / "mine.csv",
        tmp_path / "csv" / "mine.csv",
    ]
    for path in others:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine", encoding="utf-8")
    put(final, "two")
    put(final, "three")
    put(final, "four")
    assert [path.read_text(encoding="utf-8") for path in others] == ["mine"] * 3
    assert sorted(path.name for path in (build / "csv").iterdir()) == ["mine.csv"]


@pytest.mark.parametrize("kind", ["a file", "a link", "a dangling link", "a folder"])
@pytest.mark.parametrize("name", ["csv/a.csv", "marts.sqlite", ".marts.duckdb.current"])
def test_what_no_build_published_is_refused_and_stays(tmp_path: Path, name: str, kind: str) -> None:
    final, place = tmp_path / "published" / "marts.duckdb", tmp_path / "published" / name
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    place.parent.mkdir(parents=True)
    if kind == "a folder":
        place.mkdir()
    elif kind == "a file":
        place.write_text("mine", encoding="utf-8")
    else:
        place.symlink_to(tmp_path / ("mine" if kind == "a link" else "nowhere"))
    with pytest.raises(OthersFilesError) as raised:
        put(final, "one")
    assert raised.value.paths == [place]
    assert os.path.lexists(place) and not final.exists()
    assert (tmp_path / "mine").read_text(encoding="utf-8") == "mine"


def test_a_link_of_the_users_is_followed_and_stays(tmp_path: Path) -> None:
    shared = tmp_path / "share" / "marts.duckdb"
    shared.parent.mkdir()
    (tmp_path / "marts.duckdb").symlink_to("share/marts.duckdb")
    for build in ("one", "two"):
        put(published_place(tmp_path / "marts.duckdb"), build)
        assert (tmp_path / "marts.duckdb").read_text(encoding="utf-8") == build
    assert os.readlink(tmp_path / "marts.duckdb") == "share/marts.duckdb"
    assert seen(shared) == dict.fromkeys(NAMES, "two")


def test_without_links_the_files_are_put_in_place_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "symlink", refuse)
    monkeypatch.setattr(os, "link", refuse)
    final = tmp_path / "marts.duckdb"
    put(final, "one")
    put(final, "two", ("marts.sqlite", "2025-Q2/marts.duckdb", "marts.duckdb"))
    put(final, "three", ("marts.sqlite", "2025-Q2/marts.duckdb", "marts.duckdb"))
    assert seen(final) == {
        "2025-Q1/marts.duckdb": "one",
        "2025-Q2/marts.duckdb": "three",
        "marts.duckdb": "three",
        "marts.sqlite": "three",
    }
    assert [path for path in tmp_path.iterdir() if path.is_symlink()] == []
    (tmp_path / "marts.sqlite").chmod(0o644)
    (tmp_path / "marts.sqlite").write_text("mine", encoding="utf-8")
    with pytest.raises(OthersFilesError):
        put(final, "four")
    # where the file system has links later, they take the place of the files
    monkeypatch.undo()
    (tmp_path / "marts.sqlite").unlink()
    put(final, "five", ("marts.sqlite", "csv/a.csv", "2025-Q2/marts.duckdb", "marts.duckdb"))
    assert final.is_symlink() and seen(final)["csv/a.csv"] == "five"
