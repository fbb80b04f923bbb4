"""One real build of the sample company, shared by every test that reads it."""

import gc
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import pytest

from python_tests import speeds
from python_tests.made_once import made_once
from winloss.operations.quarterly import WITHOUT_UNIT_TESTS

ROOT = Path(__file__).parent.parent
KEY = "sample-company-key"
# As in known_company.project, which imports dbt
SHARED_MANIFESTS = "SHARED_MANIFESTS"

# a checkout may hold the settings of its user
os.environ["WINLOSS_SETTINGS"] = os.devnull


@dataclass(frozen=True)
class SampleBuild:
    """What `dbt build` on the sample company left behind: a database and dbt's own records of the run."""

    folder: Path
    shown: str

    @property
    def database(self) -> Path:
        return self.folder / "winloss.duckdb"

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return json.loads((self.folder / "target" / "manifest.json").read_text(encoding="utf-8"))

    @cached_property
    def run_results(self) -> list[dict[str, Any]]:
        return json.loads((self.folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]

    def models(self) -> dict[str, dict[str, Any]]:
        """The models of the manifest by name."""
        return {node["name"]: node for node in self.manifest["nodes"].values() if node["resource_type"] == "model"}

    def rows(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        """Rows of a query on the built database, each by column name."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            answer = connection.execute(sql, parameters)
            names = [column[0] for column in answer.description or ()]
            return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def environment(self) -> dict[str, str]:
        """The variables of the environment, without what this machine's user set for the project or for dbt."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("WINLOSS_", "DBT_"))}
        own = {
            "WINLOSS_DB": str(self.database),
            "WINLOSS_PUBLISHED": str(self.folder / "published.duckdb"),
            "WINLOSS_KEY": KEY,
        }
        # asked for: a checkout may hold exports and settings of its user
        own |= {"WINLOSS_CRM": "sample", "WINLOSS_SETTINGS": os.devnull}
        return kept | own

    def dbt(self, *arguments: str, target: str = "target") -> subprocess.CompletedProcess[str]:
        """Runs dbt on the checkout, in this process; everything it writes goes to the folder of this build."""
        # dbt takes seconds to import, and most tests do without
        from python_tests.known_company.project import release, run_dbt, standing_in

        speeds.dbt_starts()
        paths = ["--target-path", str(self.folder / target), "--log-path", str(self.folder / "logs")]
        arguments += tuple(WITHOUT_UNIT_TESTS) if "build" in arguments else ()
        environment, printed = self.environment(), StringIO()
        with standing_in(ROOT, environment):
            options = ["--no-use-colors", *paths]
            result, lines = run_dbt({}, *arguments, options=options, printed=printed)
        release(self.database)
        code = 0 if result.success else 2 if result.exception else 1
        shown = "\n".join([*lines, str(result.exception or "")])
        return subprocess.CompletedProcess(arguments, code, shown, printed.getvalue())


@pytest.fixture(scope="session")
def sample_build(tmp_path_factory: pytest.TempPathFactory) -> SampleBuild:
    """The sample company, built as a user builds it, in a folder of its own."""
    folder = tmp_path_factory.mktemp("sample")

    def build() -> str:
        run = SampleBuild(folder, "").dbt("build")
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    return SampleBuild(folder, made_once("sample", folder, build))


@pytest.fixture(scope="session")
def build_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """The build of a CRM's fixture (`crm_build.CrmBuild`), made when it is first asked for."""
    from python_tests.crm_build import build_fixture

    builds: dict[str, Any] = {}

    def build(crm: str) -> Any:
        if crm not in builds:
            folder = tmp_path_factory.mktemp(crm)
            found = made_once(f"export of {crm}", folder, lambda: build_fixture(folder, crm))
            builds[crm] = replace(found, folder=folder)
        return builds[crm]

    return build


def pytest_configure(config: pytest.Config) -> None:
    """The processes of a session share what dbt parsed and the builds that many tests read: a folder that they inherit by name."""
    if SHARED_MANIFESTS not in os.environ:
        folder = tempfile.mkdtemp(prefix="winloss_parsed_")
        os.environ[SHARED_MANIFESTS] = folder
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        config.add_cleanup(lambda: os.environ.pop(SHARED_MANIFESTS, None))


def pytest_collection_finish() -> None:
    """Tests and what they import stay to the end: looking through them for objects no longer in use, again and again, finds none."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before `-m` selects: marks the tests that run dbt, and puts their files first."""
    speeds.mark_by_use(items)
    speeds.longest_first(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    speeds.begin(item)
    try:
        return (yield)
    finally:
        speeds.begin(None)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """A run that looked at everything looks like one that could not: say what was left out, once for each reason."""
    skipped = terminalreporter.stats.get("skipped", [])
    for reason in sorted({str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped}):
        files = sorted({report.nodeid.split("::")[0] for report in skipped if str(report.longrepr[2]).endswith(reason)})
        terminalreporter.write_line(f"NOT TESTED in {', '.join(files)}: {reason}", yellow=True, bold=True)
