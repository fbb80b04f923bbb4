"""One build at a time on a private database, and none while another program holds it open."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
from dbt_common.exceptions import DbtRuntimeError

from winloss.dbt.log import say
from winloss.errors import shortened
from winloss.own_files import state_holder

WAIT_VARIABLE = "WINLOSS_LOCK_WAIT"
DEFAULT_WAIT = 30.0
"""Seconds a build waits for another build, or for a program that holds the private database."""

_PAUSE = 0.5
_HOLDER = re.compile(r"Conflicting lock is held in (?P<program>.+?) \(PID (?P<process>\d+)\)")
_BUILD_LOCKS: dict[str, int] = {}


def seconds_to_wait() -> float:
    """WINLOSS_LOCK_WAIT in seconds, else the default. Raises DbtRuntimeError where it is no such number."""
    stated = os.environ.get(WAIT_VARIABLE, "")
    try:
        seconds = float(stated) if stated else DEFAULT_WAIT
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 86_400:
        raise DbtRuntimeError(
            f'{WAIT_VARIABLE} is "{shortened(stated)}" but must be seconds from 0 to 86399, such as 30.'
        )
    return seconds


def hold_build_lock(database: Path, wait: float) -> None:
    """Keep other builds off `database` until this process ends; it may be called again.

    Waits up to `wait` seconds for a build that runs already. Raises DbtRuntimeError naming it.
    """
    name = os.path.realpath(database)
    if name in _BUILD_LOCKS:
        return
    try:
        import fcntl
    except ImportError:
        return
    path = database.with_name(database.name + ".lock")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    end, waits = time.monotonic() + wait, False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
            if time.monotonic() >= end:
                os.close(descriptor)
                raise DbtRuntimeError(
                    f"Another build (process {holder}) is working on {database}. Wait until it ends, then build again; "
                    f"{WAIT_VARIABLE} sets how many seconds to wait (now {wait:g})."
                ) from None
            if not waits:
                say(f"Waiting up to {wait:g} s for another build (process {holder}).")
                waits = True
            time.sleep(_PAUSE)
        except OSError:
            # a file system without such locks: DuckDB's own lock still keeps two writers apart
            os.close(descriptor)
            return
    state_holder(descriptor)
    _BUILD_LOCKS[name] = descriptor


def release_build_lock(database: Path) -> None:
    """Let the next build in, where the process goes on."""
    descriptor = _BUILD_LOCKS.pop(os.path.realpath(database), None)
    if descriptor is not None:
        os.close(descriptor)


def wait_until_free(database: Path, config: Mapping[str, Any], published: str, wait: float) -> None:
    """Return once `database` can be opened. Raises DbtRuntimeError with one sentence where it cannot.

    dbt would end in a traceback; a program that keeps the file open is something the user can close.
    """
    end, waits = time.monotonic() + wait, False
    while True:
        try:
            duckdb.connect(str(database), config=dict(config)).close()
            return
        except duckdb.ConnectionException:
            # open in this very process with other settings: dbt says so itself
            return
        except duckdb.Error as error:
            said = str(error).splitlines()[0]
            holder = _HOLDER.search(said)
            if not holder:
                raise DbtRuntimeError(f"{database} cannot be opened: {said}") from None
            who = f"{Path(holder['program']).name} (process {holder['process']})"
            if time.monotonic() >= end:
                raise DbtRuntimeError(
                    f"{database} is held open by {who}. Close it there and build again; for queries open "
                    f"{published} instead, which never stands in the way of a build."
                ) from None
            if not waits:
                say(f"Waiting up to {wait:g} s for {who} to close {database}.")
                waits = True
            time.sleep(_PAUSE)
