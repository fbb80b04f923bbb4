"""What would stop a build on this machine, found before it does; and a test of the whole on the sample company."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, Literal

from winloss import settings
from winloss.operations.privacy_key import KEY_VARIABLE, SHORTEST_KEY
from winloss.operations.quarterly import DBT, WITHOUT_UNIT_TESTS, lock_path, reasons

Verdict = Literal["ok", "warn", "fail"]

FREE_BYTES = 1_000_000_000
"""A build of a million deals needs about so much room for the database, its copies and what it spills."""


FEWEST_SIGNS = 8
"""A key of fewer different letters and digits is no key: sixteen random digits hold eight and more nearly always."""

WITHOUT_FILES = ("sample", "warehouse")

_HOLDER = re.compile(r"Conflicting lock is held in (?P<program>.+?) \(PID (?P<process>\d+)\)")

_REQUIREMENT = re.compile(r"^(?P<name>[\w.-]+)\s*(?P<rules>[^;]*)(?:;(?P<marker>.*))?$")


@dataclass(frozen=True)
class Finding:
    verdict: Verdict
    what: str
    detail: str


def examine(folder: Path, environment: Mapping[str, str]) -> list[Finding]:
    """Every check, in the order in which a build would meet it. `folder` is where dbt would be run."""
    project = find_project(folder)
    private = _inside(folder, settings.private_database(environment))
    stated, found = _settings(folder, environment)
    names = ("published", "exports", "reports")
    published, exports, reports = (
        _inside(folder, Path(stated[name]) if found.verdict == "fail" else settings.place(name, environment, folder))
        for name in names
    )
    crm, source = _crm(stated["crm"], exports, stated)
    return [
        _python(),
        _packages(),
        _project(folder, project),
        _profile(project, environment),
        found,
        source,
        _private_folder(private),
        _key(environment),
        _writable("published file", published.parent),
        _writable("reports", reports),
        _lock(private, published),
        _disk(private.parent),
        _published_file(published, crm),
    ]


def find_project(folder: Path) -> Path | None:
    """The folder of dbt_project.yml: `folder`, one above it, or the checkout this package stands in."""
    return settings.find_project(folder) or settings.find_project(Path(__file__).resolve().parent)


def _inside(folder: Path, path: Path) -> Path:
    return path if path.is_absolute() else folder / path


# ---------------------------------------------------------------- checks


def _python() -> Finding:
    found = ".".join(str(part) for part in sys.version_info[:3])
    is_enough = sys.version_info >= (3, 11)
    return Finding("ok" if is_enough else "fail", "Python", found if is_enough else f"{found}; 3.11 or newer is needed")


def _packages() -> Finding:
    """Whether what pyproject.toml asks for is here in the versions it asks for."""
    from packaging.specifiers import SpecifierSet

    try:
        asked = [_REQUIREMENT.match(line) for line in requires("winloss") or ()]
    except PackageNotFoundError:
        return Finding("warn", "packages", "the project is not installed: run .venv/bin/pip install --no-deps -e .")
    wrong, found = [], []
    for match in asked:
        if not match or "extra" in (match["marker"] or ""):
            continue
        try:
            here = version(match["name"])
        except PackageNotFoundError:
            wrong.append(f"{match['name']} is missing")
            continue
        found.append(f"{match['name']} {here}")
        if match["rules"].strip() and not SpecifierSet(match["rules"].strip()).contains(here, prereleases=True):
            wrong.append(f"{match['name']} is {here}, needed {match['rules'].strip()}")
    if wrong:
        return Finding(
            "fail", "packages", f"{'; '.join(wrong)}. Run .venv/bin/pip install --require-hashes -r requirements.txt"
        )
    return Finding("ok", "packages", ", ".join(found))


def _project(folder: Path, project: Path | None) -> Finding:
    if project is None:
        return Finding(
            "fail", "project", f"no dbt_project.yml in {folder} or above it: change to the folder of the project"
        )
    return Finding("ok", "project", str(project))


def _profile(project: Path | None, environment: Mapping[str, str]) -> Finding:
    import yaml

    places = [Path(environment["DBT_PROFILES_DIR"])] if environment.get("DBT_PROFILES_DIR") else []
    places += [project] if project else []
    path = next((place / "profiles.yml" for place in places if (place / "profiles.yml").is_file()), None)
    if path is None:
        return Finding("fail", "profile", "no profiles.yml beside dbt_project.yml: take it from the project again")
    try:
        profile = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("winloss")
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        return Finding("fail", "profile", f"{path}{f' line {line + 1}' if line is not None else ''} is not YAML")
    if not profile:
        return Finding("fail", "profile", f"{path} has no profile winloss")
    target = environment.get("WINLOSS_TARGET") or "duckdb"
    outputs = profile.get("outputs") or {}
    if target not in outputs:
        return Finding(
            "fail", "profile", f"{path} has no target {target}; it has {', '.join(outputs)}. Set WINLOSS_TARGET"
        )
    return Finding("ok", "profile", f"{path}, target {target}")


def _settings(folder: Path, environment: Mapping[str, str]) -> tuple[dict[str, Any], Finding]:
    """The value of every setting, and whether all can be used."""
    project = settings.find_project(folder)
    try:
        path = settings.settings_file(environment, project)
        stated = settings.resolve({}, environment, project)
    except settings.SettingsError as error:
        return settings.defaults(), Finding("fail", "settings", " ".join(error.sentences))
    detail = (
        f"{len(settings.read_settings_file(path))} in {path}"
        if path.exists()
        else f"no {path}, so all are as seeds/settings.csv declares them"
    )
    return stated, Finding("ok", "settings", detail)


def _crm(stated: str, exports: Path, variables: Mapping[str, Any]) -> tuple[str, Finding]:
    """The CRM that a build would read, empty where that cannot be told, and what is to say of it and of its files."""
    from winloss.errors import ReadingError
    from winloss.load.plan import Request, source_of

    try:
        crm = stated or source_of(Request("", str(exports), "", variables)).crm
    except (ReadingError, OSError) as error:
        return "", Finding("fail", "CRM", str(error))
    return crm, _files(crm, exports, variables)


def _files(crm: str, exports: Path, variables: Mapping[str, Any]) -> Finding:
    from winloss.errors import ReadingError, did_you_mean, listed
    from winloss.load.folder import holds_exports
    from winloss.load.recognition import crms
    from winloss.load.unused_files import unused_files

    if crm not in crms():
        return Finding("fail", "CRM", f'crm is "{crm}".{did_you_mean(crm, crms())}')
    if crm in WITHOUT_FILES:
        if crm == "sample" and holds_exports(exports):
            return Finding(
                "warn", "CRM", f"crm is sample, so the files in {exports} are not used: take crm out of winloss.yml"
            )
        return Finding("ok", "CRM", f"{crm}, which needs no files")
    if not exports.is_dir():
        return Finding(
            "fail",
            "CRM",
            f"{crm}, but the folder {exports} is not there. Make it, or name another as exports in winloss.yml",
        )
    if not os.access(exports, os.R_OK | os.X_OK):
        return Finding("fail", "CRM", f"{crm}, but {exports} may not be read")
    names = [
        path
        for path in exports.rglob("*")
        if path.suffix.lower() in (".csv", ".parquet", ".tsv", ".gz", ".zip", ".txt")
    ]
    if not names:
        return Finding("fail", "CRM", f"{crm}, but {exports} holds no export file")
    try:
        unused = unused_files(crm, exports, variables)
    except (ReadingError, OSError) as error:
        return Finding("fail", "CRM", str(error))
    if unused:
        return Finding(
            "warn",
            "CRM",
            f"{crm}, but not used: {listed(unused)}. winloss check says why; take out of {exports} what is no part of the export",
        )
    return Finding("ok", "CRM", f"{crm}, {len(names)} export files in {exports}")


def _key(environment: Mapping[str, str]) -> Finding:
    """Whether a key that is stated can keep a secret: one that repeats few signs can be guessed."""
    stated = environment.get(KEY_VARIABLE, "").strip()
    if not stated:
        return Finding("ok", "key", f"none in {KEY_VARIABLE}: one is made, and kept beside the private database")
    if len(stated) < SHORTEST_KEY:
        return Finding(
            "fail",
            "key",
            f"{KEY_VARIABLE} is shorter than {SHORTEST_KEY} signs: state what openssl rand -hex 32 prints, or none",
        )
    if len(set(stated)) < FEWEST_SIGNS:
        return Finding(
            "warn",
            "key",
            f"{KEY_VARIABLE} is weak, for it repeats {len(set(stated))} signs, and pseudonyms could be undone: state what openssl rand -hex 32 prints, or none",
        )
    return Finding("ok", "key", f"in {KEY_VARIABLE}")


def _existing(folder: Path) -> Path:
    """`folder`, or the nearest folder above it that is there."""
    while not folder.exists():
        folder = folder.parent
    return folder


def _writable(what: str, folder: Path) -> Finding:
    there = _existing(folder)
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return Finding("fail", what, f"{there} may not be written to")
    return Finding("ok", what, f"{folder} can be written")


def _private_folder(database: Path) -> Finding:
    found = _writable("build database", database.parent)
    if found.verdict == "ok" and database.is_file():
        if not os.access(database, os.W_OK):
            return Finding("fail", "build database", f"{database} may not be written to")
        if stat.S_IMODE(database.stat().st_mode) & 0o077:
            return Finding(
                "warn", "build database", f"{database} holds deals and others may read it: chmod 600 {database}"
            )
    key = database.with_name("winloss.key")
    if found.verdict == "ok" and key.is_file() and stat.S_IMODE(key.stat().st_mode) & 0o077:
        return Finding("warn", "build database", f"{key} undoes pseudonyms and others may read it: chmod 600 {key}")
    return found


def _lock(database: Path, published: Path) -> Finding:
    import duckdb

    for path, what in (
        (lock_path(database), "a quarterly run"),
        (database.with_name(database.name + ".lock"), "a build"),
    ):
        process = _holder(path)
        if process:
            return Finding("fail", "lock", f"{what} is at work on {database} (process {process}). Wait until it ends")
    if not database.is_file():
        return Finding("ok", "lock", f"{database} is not there yet, so no one holds it")
    try:
        duckdb.connect(str(database)).close()
    except duckdb.IOException as error:
        holder = _HOLDER.search(str(error))
        who = f"{holder['program']} (process {holder['process']})" if holder else "another program"
        return Finding("fail", "lock", f"{who} holds {database}. Close it there; read {published} instead")
    except duckdb.Error as error:
        return Finding("fail", "lock", f"{database} cannot be opened: {str(error).splitlines()[0]}")
    return Finding("ok", "lock", "no one else holds the build database")


def _holder(path: Path) -> str | None:
    """The process that holds a lock file, None where no one does."""
    try:
        import fcntl

        descriptor = os.open(path, os.O_RDWR)
    except (ImportError, OSError):
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return None


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(_existing(folder)).free
    words = f"{free / 1e9:.1f} GB free"
    if free < FREE_BYTES:
        return Finding("fail" if free < FREE_BYTES // 10 else "warn", "disk", f"{words} in {folder}; 1 GB is wanted")
    return Finding("ok", "disk", words)


def _published_file(path: Path, crm: str) -> Finding:
    from winloss.report import ReportError
    from winloss.report.marts import read_marts

    if not path.is_file():
        return Finding("warn", "published marts", f"{path} is not there yet: winloss run, or dbt build, makes it")
    try:
        marts = read_marts(path)
    except ReportError as error:
        return Finding("fail", "published marts", str(error))
    runs = marts.rows("run_history")
    published = str(runs[-1]["crm"]) if runs else ""
    if crm and published and published != crm:
        remedy = (
            "winloss run builds anew"
            if published == "sample"
            else "name another file as published in winloss.yml, or a build replaces it"
        )
        return Finding(
            "warn", "published marts", f"{path} holds the answers of {published}, not those of {crm}: {remedy}"
        )
    row = marts.first("dim_periods", period="quarter")
    return Finding(
        "ok",
        "published marts",
        f"{path} reviews {row['last_quarter'] if row and row['last_quarter'] else 'no quarter'}",
    )


# ---------------------------------------------------------------- self-test


def self_test(say: Callable[[str], None]) -> list[Finding]:
    """Builds the sample company in a folder of its own and asks four things whose answers are known.

    Nothing of the user's is read or written. Each scenario is a `Finding`, ok or fail.
    """
    project = find_project(Path.cwd())
    if project is None:
        return [Finding("fail", "self-test", "no dbt_project.yml here: change to the folder of the project")]
    with tempfile.TemporaryDirectory(prefix="winloss-self-test-") as name:
        folder = Path(name)
        say("Building the sample company; on an idle machine this takes less than a minute.")
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("WINLOSS_", "DBT_"))}
        environment["WINLOSS_CRM"] = "sample"
        # what the user set is not what the answers are known for
        (folder / settings.SETTINGS_FILE).touch()
        environment[settings.FILE_VARIABLE] = str(folder / settings.SETTINGS_FILE)
        environment |= {
            "WINLOSS_DB": str(folder / "winloss.duckdb"),
            "WINLOSS_PUBLISHED": str(folder / "published" / "marts.duckdb"),
        }
        arguments = [
            "build",
            *WITHOUT_UNIT_TESTS,
            "--target-path",
            str(folder / "target"),
            "--log-path",
            str(folder / "logs"),
        ]
        run = subprocess.run(
            [*DBT, *arguments], cwd=project, env=environment, capture_output=True, text=True, check=False
        )
        if run.returncode:
            return [Finding("fail", "build of the sample company", " ".join(reasons(run.stdout.splitlines())))]
        return scenarios(folder / "winloss.duckdb")


def scenarios(database: Path) -> list[Finding]:
    """Four scenarios on the built sample company: patterns, profile, personas, actions."""
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:

        def rows(sql: str) -> list[tuple[Any, ...]]:
            return connection.execute(sql).fetchall()

        quarter = rows(
            "select closed_deals, won_deals, lost_deals from marts.win_rate_baseline where period = 'quarter'"
        )
        reasons = rows(
            "select category, lost_deals from marts.loss_reasons where period = 'quarter' order by lost_deals desc limit 2"
        )
        targets = {
            value for (value,) in rows("select segment from marts.icp_recommendations where action = 'target_more'")
        }
        unknown = rows("select count(*) from marts.icp_recommendations where segment = 'unknown'")
        score_threshold = rows("select score_threshold from marts.recommended_score_threshold")
        champions = rows(
            "select won_deals_with from marts.win_rates_by_persona "
            "where period = 'quarter' and persona_type = 'persona_in_role' and persona = 'VP Sales as champion'"
        )
        deciders = rows(
            "select sum(won_contacts) from marts.decision_makers where period = 'quarter' and persona = 'CFO'"
        )
        items = rows(
            "select count(*) from marts.action_items where owner != '' and evidence != '' and how_we_will_know != ''"
        )
        return [
            _scenario("wins and losses", (quarter, reasons), ([(127, 79, 48)], [("price", 19), ("timing", 11)])),
            _scenario(
                "ideal customer profile",
                ({"Technology", "$10M to $50M"} <= targets, unknown, score_threshold),
                (True, [(0,)], [(0.75,)]),
            ),
            _scenario("buyer personas", (champions, deciders), ([(8,)], [(6,)])),
            _scenario("actions for next quarter, three at least", (items[0][0] >= 3,), (True,)),
        ]


def _scenario(what: str, found: Sequence[Any], expected: Sequence[Any]) -> Finding:
    if tuple(found) == tuple(expected):
        return Finding("ok", what, "as expected")
    return Finding("fail", what, f"expected {expected}, found {found}")
