"""Builds that several processes of a session of tests need: the first makes it, the others wait and take a copy of their own."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Told = TypeVar("Told")


def made_once(name: str, folder: Path, make: Callable[[], Told]) -> Told:
    """What `make` returns, which fills `folder`; where another process of the session has done so, its answer and a copy of its files.

    Where tests run in one process there is nobody to copy for.
    """
    shared = os.environ.get("SHARED_MANIFESTS")
    if not shared or "PYTEST_XDIST_WORKER" not in os.environ:
        return make()
    import fcntl

    kept = Path(shared) / name
    kept.mkdir(exist_ok=True)
    answer = kept / "answer"
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not answer.exists():
            told = make()
            shutil.copytree(folder, kept / "files", symlinks=True, dirs_exist_ok=True)
            answer.write_bytes(pickle.dumps(told))
            return told
    shutil.copytree(kept / "files", folder, symlinks=True, dirs_exist_ok=True)
    copied: Told = pickle.loads(answer.read_bytes())
    return copied
