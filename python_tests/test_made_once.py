"""A build that several processes of a session need is made by one of them, and the others get all of it."""

import threading
from pathlib import Path

import pytest

from python_tests.known_company.project import SHARED_MANIFESTS
from python_tests.made_once import made_once


def fill(folder: Path, made: list[Path]) -> str:
    made.append(folder)
    (folder / "below").mkdir()
    (folder / "below" / "a.txt").write_text("built", encoding="utf-8")
    return f"built in {folder.name}"


def test_the_second_process_gets_the_answer_and_files_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SHARED_MANIFESTS, str(tmp_path))
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    made: list[Path] = []
    told: list[str] = []
    folders = [tmp_path / name for name in ("one", "two", "three")]

    def need(folder: Path) -> None:
        folder.mkdir()
        told.append(made_once("company", folder, lambda: fill(folder, made)))

    # each opens the lock anew, as a process does
    needing = [threading.Thread(target=need, args=(folder,)) for folder in folders]
    for thread in needing:
        thread.start()
    for thread in needing:
        thread.join()
    assert len(made) == 1 and told == [f"built in {made[0].name}"] * 3
    (made[0] / "below" / "a.txt").write_text("spoilt", encoding="utf-8")
    kept = [folder for folder in folders if folder != made[0]]
    assert [(folder / "below" / "a.txt").read_text(encoding="utf-8") for folder in kept] == ["built", "built"]
    assert made_once("another", folders[0], lambda: "made") == "made"


def test_one_process_alone_copies_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SHARED_MANIFESTS, str(tmp_path))
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    made: list[Path] = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made_once("company", tmp_path / name, lambda name=name: fill(tmp_path / name, made))  # type: ignore[misc]
    assert len(made) == 2


def test_a_build_that_failed_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SHARED_MANIFESTS, str(tmp_path))
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    with pytest.raises(ZeroDivisionError):
        made_once("company", tmp_path / "one", lambda: 1 // 0)
    (tmp_path / "two").mkdir()
    assert made_once("company", tmp_path / "two", lambda: 1) == 1
