"""The one plugin of dbt-duckdb: a private place to build in, one build at a time, and the functions that the hooks call in SQL."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.flags import get_flags
from dbt_common.exceptions import DbtRuntimeError

from winloss import settings
from winloss.dbt.build_lock import hold_build_lock, seconds_to_wait, wait_until_free
from winloss.dbt.end_of_run import publish_marts, record_run
from winloss.errors import printable, shortened
from winloss.load.columns import dimension_name_problem
from winloss.load.plan import clear_copies, plan_load
from winloss.operations.privacy_key import KeyProblem, read_or_make_key
from winloss.own_files import others_database
from winloss.publish.publication import OF_NO_VALUE
from winloss.publish.published_build import SAMPLE, sample_objection


def make_private_database(path: Path) -> None:
    """Makes the folder of the private database (0700) and the database (0600), where they are not there yet.

    It holds persons, so no one but its owner may read it. What exists already keeps the permissions its owner chose.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists():
        return
    before = os.umask(0o077)
    try:
        duckdb.connect(str(path)).close()
    finally:
        os.umask(before)


def keep_private(project: Path, logs: Path, target: Path) -> None:
    """What dbt writes beside the database is its owner's alone, too: logs and compiled SQL name files, headers and words of the exports.

    dbt opens them before it asks anyone. A folder of another name may be shared with others: there only the files of dbt are closed.
    """
    for folder, default in ((logs, "logs"), (target, "target")):
        place = project / folder
        if not place.is_dir() or place.is_symlink():
            continue
        with suppress(OSError):
            if os.path.realpath(place) == os.path.realpath(project / default):
                place.chmod(0o700)
            for path in [*place.glob("dbt.log*"), *place.glob("*.json"), *place.glob("*.msgpack")]:
                path.chmod(0o600)
            for path in [place / "compiled", place / "run"]:
                if path.is_dir():
                    path.chmod(0o700)


def memory_problem(stated: str) -> str | None:
    """One sentence where WINLOSS_MEMORY_LIMIT is no amount of memory."""
    try:
        with duckdb.connect() as engine:
            engine.execute("set memory_limit = $limit", {"limit": stated})
    except duckdb.Error:
        return f'WINLOSS_MEMORY_LIMIT is "{shortened(stated)}" but must be an amount of memory such as 6GB, or a share such as 80%.'
    return None


class Plugin(BasePlugin):
    """Keeps the private database private and to one build at a time, and gives SQL what only Python can do."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Before anything is opened: no connection settings yet."""
        self._config: dict[str, Any] = {}

    @property
    def _database(self) -> Path | None:
        path = self.creds.path if self.creds else ""
        return Path(path) if path and "://" not in path and not path.startswith((":memory:", "md:")) else None

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        """Before the first connection: what this process writes is its owner's alone, and no other build runs."""
        self._config = dict(config)
        database = self._database
        if database is None:
            return
        # DuckDB's journal and spilled rows hold persons too
        os.umask(0o077)
        flags = get_flags()
        keep_private(Path(flags.PROJECT_DIR), Path(flags.LOG_PATH), Path(flags.TARGET_PATH or "target"))
        self.hold(database)

    def hold(self, database: Path) -> None:
        """Makes the database where there is none, and keeps others off it. Raises DbtRuntimeError with one sentence."""
        try:
            self._hold(database)
        except DbtRuntimeError as error:
            # variables and names of files stand in it, which may hold what steers a terminal
            raise DbtRuntimeError(printable(error.msg)) from None

    def _hold(self, database: Path) -> None:
        if problem := memory_problem(os.environ.get("WINLOSS_MEMORY_LIMIT") or "80%"):
            raise DbtRuntimeError(problem)
        try:
            settings.private_database()
        except settings.SettingsError as error:
            raise DbtRuntimeError(str(error)) from None
        try:
            published = str(settings.place("published"))
        except settings.SettingsError:
            # the first hook says what is wrong
            published = settings.defaults()["published"]
        if set(database.stem) & set("'\""):
            # dbt names the catalog after the file, and writes that name into SQL as it is
            raise DbtRuntimeError(
                f"{database} has a quotation mark in its name, which dbt cannot work with: name another file in WINLOSS_DB."
            )
        try:
            if problem := others_database(database):
                raise DbtRuntimeError(problem)
            make_private_database(database)
            wait = seconds_to_wait()
            hold_build_lock(database, wait)
            wait_until_free(database, self._config, published, wait)
        except OSError as error:
            raise DbtRuntimeError(
                f"{shortened(str(database))} cannot be used: {error.strerror}. Change WINLOSS_DB or its folder."
            ) from None
        except duckdb.Error as error:
            raise DbtRuntimeError(f"{database} cannot be opened: {str(error).splitlines()[0]}") from None

    def configure_connection(self, conn: Any) -> None:
        """On every connection: the functions, each answering in text. An exception in one would reach the user as a stack trace."""
        text = ["VARCHAR"]
        always: dict[str, Any] = {"side_effects": True}
        or_null = always | {"null_handling": "special"}
        conn.create_function("privacy_key", self._key, [], "VARCHAR", **always)
        conn.create_function("privacy_key_problem", self._key_problem, [], "VARCHAR", **or_null)
        conn.create_function("setting_names", settings.names, [], "VARCHAR", **always)
        conn.create_function("find_settings", settings.answer, text, "VARCHAR", **always)
        conn.create_function("plan_load", plan_load, text, "VARCHAR", **always)
        conn.create_function("clear_export_copies", _clear_export_copies, text, "BOOLEAN", **always)
        conn.create_function("dimension_name_problems", _dimension_name_problems, text, "VARCHAR", **or_null)
        conn.create_function("sample_problem", _sample_problem, text, "VARCHAR", **or_null)
        conn.create_function("record_run", partial(self._at_end, record_run), text, "VARCHAR", **or_null)
        conn.create_function("publish_marts", partial(self._at_end, publish_marts), text, "VARCHAR", **or_null)

    def _key(self) -> str:
        database = self._database
        return read_or_make_key(database.parent if database else Path("warehouse"))

    def _key_problem(self) -> str | None:
        try:
            self._key()
        except KeyProblem as found:
            return str(found)
        return None

    def _at_end(self, step: Callable[[duckdb.DuckDBPyConnection, Any], str | None], request: str) -> str | None:
        # a second connection to the open database: the one that calls is busy with this very call
        with duckdb.connect(self.creds.path if self.creds else ":memory:", config=self._config) as connection:
            try:
                return step(connection, json.loads(request))
            except (duckdb.Error, OSError) as error:
                # of a file it names the path, of a value perhaps the value
                is_of_a_file = isinstance(error, (*OF_NO_VALUE, OSError))
                what = printable(str(error).splitlines()[0]) if is_of_a_file else type(error).__name__
                return f"Not published: the end of the run met a fault ({what}); readers keep the previous build."


def _clear_export_copies(database: str) -> bool:
    clear_copies(database)
    return True


def _dimension_name_problems(names: str) -> str | None:
    problems = [
        dimension_name_problem(name, f"extra_dimensions.{name}", "its own column") for name in names.splitlines()
    ]
    return "\n".join(problem for problem in problems if problem) or None


def _sample_problem(published: str) -> str | None:
    """Why the sample company must not be built where a file stands published."""
    return sample_objection(Path(published), SAMPLE)
