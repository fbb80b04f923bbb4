"""A small company whose export is full of people, and real builds of it in folders of their own.

Every name, address, number, note and id in it is a word that stands nowhere else in the project: where such a word turns
up in what a build writes or says, a person has left the private file.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from python_tests import speeds
from python_tests.known_company.project import PARTS, ROOT, as_a_program
from python_tests.made_once import made_once
from winloss.formatting import FORMULA_STARTS
from winloss.operations.quarterly import WITHOUT_UNIT_TESTS

BIN = Path(sys.executable).parent
KEY = "canary-company-key"

NAMES = ("Quackenbush", "Xylander", "Wobblebottom", "Fizzlewick")
CANARIES = (
    *NAMES,
    "canary-mail",
    "555-0199",
    "OPPCANARY",
    "ACCCANARY",
    "CONCANARY",
    "thistledown",
    "Gorblimey Holdings",
)
"""Words of the export that no file, log or message of a build may hold."""

NAMED = "Blatherskite"
"""Stands in the name of every file and in a header that is not read: what is private may say it, what is published may not."""

INJECTIONS = (
    '=HYPERLINK("http://evil.example","click")',
    "O'Brien; drop table marts.fct_deals; --",
    "<script>alert('x')</script>",
    "{{ 7 * 7 }}{% set x = 1 %}",
    "+1+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "-2+3",
    "\uff1d1+1",
)
"""Values that would become a formula, SQL, HTML or Jinja where someone forgot to treat them as text."""

COMPETITORS = {
    '=HYPERLINK("http://evil.example","click")', "O'Brien", "drop table marts.fct_deals", "<script>alert('x')</script>",
    "{{ 7 * 7 }}{% set x = 1 %}", "+1+cmd", "' /C calc'!A0", "@SUM(1+1)", "-2+3", "\uff1d1+1",
}  # fmt: skip
"""The same as competitors: a semicolon or a bar stands between two, and two hyphens name no one."""

ODD_HEADER = 'Tier\'s "name"; drop table x; -- {{ 7 * 7 }}'
ODD_WORD = "Won'; drop table x; --"
ODD_SUFFIX = f"'; drop table x; --{{{{ 7 * 7 }}}}<b> {NAMED}"
IGNORED_HEADER = f"Commission of {NAMED}"

MAPPING: dict[str, Any] = {
    "crm": "custom",
    "mapping": {
        "files": {
            "deals": "deals*.csv",
            "accounts": "accounts*.parquet",
            "contacts": "contacts*.csv",
            "deal_contacts": "links*.csv",
        },
        "columns": {
            "deals": {
                "deal_id": "Deal",
                "account_id": "Account",
                "outcome": "Result",
                "created_on": "Opened",
                "closed_on": "Closed",
                "modified_at": "Changed",
                "amount": "Value",
                "currency": "Currency",
                "owner": "Owner",
                "lead_source": "Source",
                "product": "Product",
                "competitor": "Rival",
                "loss_reason": "Why lost",
                "win_factors": "Why won",
                "qualification_score": "Score",
            },
            "accounts": {"account_id": "Account", "industry": "Industry", "employees": "Staff", "region": "Region"},
            "contacts": {"contact_id": "Contact", "title": "Title", "department": "Department"},
            "deal_contacts": {"deal_id": "Deal", "contact_id": "Contact", "buying_role": "Role", "added_on": "Added"},
        },
        "outcomes": {"won": ["Won", ODD_WORD], "lost": ["Lost"], "open": ["Open"]},
        "dimensions": {"tier": ODD_HEADER, "manager": {"header": "Manager", "is_person": True}},
    },
    "company_currency": "USD",
    "window_minimum_deals": 20,
    "publish_formats": ["parquet", "csv"],
}

INDUSTRIES = ("Retail", "Banking", "Software")
SOURCES = ("Referral", "Trade fair", "Cold call")
TITLES = ("VP of Sales", "CFO", "Chief Information Officer", "Sales Manager", "Procurement Director", "IT Manager")
ROLES = ("Champion", "Decision Maker", "Economic Buyer", "Influencer", "")
REASONS = ("Price too high", "Lost to competitor", "No decision", "Missing features", "")
QUARTERS = 5
DEALS_PER_QUARTER = 24

Rows = dict[str, list[dict[str, str]]]


def company() -> Rows:
    """Deals, accounts, contacts and their links, by the file they stand in; the same at every call."""
    rows: Rows = {"deals": [], "accounts": [], "contacts": [], "links": []}
    for number in range(QUARTERS * DEALS_PER_QUARTER):
        quarter, place = divmod(number, DEALS_PER_QUARTER)
        first, month = NAMES[number % len(NAMES)], 3 * (quarter % 4) + 1 + place % 3
        won = (number * 7 + quarter) % 5 < 3 if place % 3 else (number * 3) % 7 < 2
        closed = f"{2024 + quarter // 4}-{month:02d}-{place + 2:02d}"
        owner = NAMES[(number // 3) % len(NAMES)]
        odd = INJECTIONS[place] if quarter >= 3 and place < len(INJECTIONS) else ""
        rows["deals"].append(
            {
                "Deal": f"OPPCANARY{number:04d}",
                "Name": f"{first} renewal for Gorblimey Holdings",
                "Account": f"ACCCANARY{number:04d}",
                "Result": (ODD_WORD if odd else "Won") if won else "Lost",
                "Opened": str(date.fromisoformat(closed) - timedelta(days=20 + number % 60)),
                "Closed": closed,
                "Changed": f"{closed} 10:00:00",
                "Value": str(1000 + 37 * number),
                "Currency": "USD",
                "Owner": f"Persephone {owner}",
                "Source": odd or ("zq@canary-mail.example" if number % 29 == 0 else SOURCES[number % 3]),
                "Product": odd or ("Basic" if number % 2 else "Premium"),
                "Rival": odd or ("Initech" if number % 4 == 0 else ""),
                "Why lost": ""
                if won
                else odd
                or f"{REASONS[number % 5]} {f'says {owner} (zq@canary-mail.example)' if number % 3 == 0 else ''}".strip(),
                "Why won": f"Strong champion; {first} knew us" if won else "",
                "Score": f"{0.3 + (0.4 if won else 0) + (number % 7) / 50:.2f}",
                ODD_HEADER: odd or "Gold",
                "Notes": f"Call {first} at +1 555-0199-{number:03d}, thistledown",
                "Manager": f"Hortensia {owner}",
                IGNORED_HEADER: "10 %",
            }
        )
        rows["accounts"].append(
            {
                "Account": f"ACCCANARY{number:04d}",
                "Name": f"Gorblimey Holdings {number}",
                "Industry": odd or INDUSTRIES[place % 3],
                "Staff": str(10 * (1 + number % 40)),
                "Region": odd or ("North" if number % 2 else "South"),
                "Phone": f"555-0199-{number:03d}",
            }
        )
        for which in range(1 + number % 2):
            contact = f"CONCANARY{number:04d}{which}"
            rare = number % 41 == 0
            rows["contacts"].append(
                {
                    "Contact": contact,
                    "Name": f"Ottoline {first}",
                    "Mail": f"ottoline.{first.lower()}{number}@canary-mail.example",
                    "Phone": f"+1 555-0199-{number:03d}",
                    "Title": "General Counsel"
                    if rare
                    else odd or f"{TITLES[(number + which) % 6]}{f' ({first})' if number % 11 == 0 else ''}",
                    "Department": f"thistledown {first}" if number % 13 == 0 else "",
                    "Notes": "thistledown",
                }
            )
            rows["links"].append(
                {
                    "Deal": f"OPPCANARY{number:04d}",
                    "Contact": contact,
                    "Role": f"{ROLES[(number + which) % 5]}{f' ({first})' if number % 17 == 0 else ''}",
                    "Added": "2023-10-01",
                }
            )
    return rows


BAD_LINES = {
    # an outcome word no one mapped, a date that is none, no id, a ragged line
    "deals": (
        "OPPCANARY9001,Xylander deal,ACCCANARY0001,Handed to Xylander,2023-01-01,2025-01-02,2025-01-02 10:00:00,1,USD,"
        "Xylander,Referral,Basic,,,,0.5,Gold,thistledown,Xylander,10 %",
        "OPPCANARY9002,Xylander deal,ACCCANARY0001,Won,2023-01-01,ask Xylander,2025-01-02 10:00:00,1,USD,"
        "Xylander,Referral,Basic,,,,0.5,Gold,thistledown,Xylander,10 %",
        ",Xylander deal,ACCCANARY0001,Won,2023-01-01,2025-01-02,2025-01-02 10:00:00,1,USD,Xylander,Referral,Basic,,,,0.5,Gold,thistledown,Xylander,10 %",
        "OPPCANARY9004,Xylander deal,ACCCANARY0001,thistledown",
    ),
}
"""Lines that must be rejected, full of people as well."""


def write_company(folder: Path, rows: Rows | None = None, bad: bool = True, suffix: str = ODD_SUFFIX) -> None:
    """Write the export, the accounts as Parquet and the rest as CSV; `suffix` stands in every file name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in (rows or company()).items():
        path = folder / f"{name}{suffix}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(lines[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)
            if bad:
                file.writelines(f"{line}\n" for line in BAD_LINES.get(name, ()))
        if name == "accounts":
            with duckdb.connect() as connection:
                source = connection.read_csv(str(path), all_varchar=True)
                source.write_parquet(str(path.with_suffix(".parquet")))
            path.unlink()


@dataclass(frozen=True)
class Place:
    """A copy of the project with the export of a company beside it; everything a build writes goes into `folder`."""

    folder: Path
    variables: Mapping[str, Any] = field(default_factory=lambda: MAPPING, hash=False)

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def exports(self) -> Path:
        return self.folder / "exports"

    @property
    def database(self) -> Path:
        return self.folder / "private" / "w.duckdb"

    @property
    def published(self) -> Path:
        return self.folder / "published" / "marts.duckdb"

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("WINLOSS_", "DBT_"))}
        # relative to the project, so that dbt finds nothing changed in a copy and need not read the project anew
        own = {
            "WINLOSS_DB": "../private/w.duckdb",
            "WINLOSS_EXPORTS": "../exports",
            "WINLOSS_PUBLISHED": "../published/marts.duckdb",
            "WINLOSS_KEY": KEY,
        }
        return {**kept, **own, **more}

    def command(self, *arguments: str, **variables: Any) -> list[str]:
        """A dbt command line; `variables` come on top of the place's own."""
        quickly = WITHOUT_UNIT_TESTS if "build" in arguments else ()
        return [
            str(BIN / "dbt"),
            "--no-use-colors",
            *arguments,
            *quickly,
            "--vars",
            yaml.safe_dump({**self.variables, **variables}),
        ]

    def start(
        self,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        within: Sequence[str] = (),
        **variables: Any,
    ) -> subprocess.Popen[str]:
        """Start dbt; `within` is a command line that runs it."""
        speeds.dbt_starts()
        return subprocess.Popen(
            [*within, *self.command(*(arguments or ("build",)), **variables)],
            cwd=self.project,
            env=self.environment(**(environment or {})),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def dbt(
        self,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        within: Sequence[str] = (),
        apart: bool = False,
        **variables: Any,
    ) -> subprocess.CompletedProcess[str]:
        """Run dbt to its end; what it showed stands in `stdout`.

        It runs in this process, where dbt is imported already, unless it runs `within` another program or must stand `apart`: a process
        that has a file open goes on seeing it as it was.
        """
        if within or apart:
            process = self.start(*arguments, environment=environment, within=within, **variables)
            shown, _ = process.communicate()
            return subprocess.CompletedProcess(process.args, process.returncode, shown, "")
        own = self.environment(**(environment or {}))
        return as_a_program(self.project, own, *self.command(*arguments, **variables)[1:])

    def build(self, within: Sequence[str] = (), **variables: Any) -> subprocess.CompletedProcess[str]:
        """A full build that must be green."""
        run = self.dbt("build", within=within, **variables)
        assert run.returncode == 0, run.stdout[-4000:]
        return run

    def rows(self, sql: str, path: Path | None = None) -> list[tuple[Any, ...]]:
        """Rows of a query on the published file, or on another."""
        with duckdb.connect(str(path or self.published), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@cache
def scratch() -> Path:
    """A folder for this test session; the system clears it away some day."""
    return Path(tempfile.mkdtemp(prefix="winloss-"))


@cache
def built_place() -> tuple[Place, subprocess.CompletedProcess[str]]:
    """The company, built and published in every format, once for all tests that only read; without a network if possible."""
    place = Place(scratch() / "built")

    def build() -> subprocess.CompletedProcess[str]:
        copy_project(place.project)
        write_company(place.exports)
        return place.build(within=watching_network(place.folder / "network.txt"))

    return place, made_once("canary", place.folder, build)


@cache
def told_place() -> Place:
    """The built company with all that is told of it."""
    place, _ = built_place()
    tell(place)
    return place


def tell(place: Place) -> None:
    """Writes what is told of a built place: the docs site, and the report in every format."""
    docs = place.dbt("docs", "generate", "--static")
    assert docs.returncode == 0, docs.stdout[-2000:]
    for kind in ("html", "md", "json", "xlsx"):
        out = place.folder / f"report.{kind}"
        command = [
            sys.executable,
            "-m",
            "winloss",
            "report",
            "--db",
            str(place.published),
            "--format",
            kind,
            "--out",
            str(out),
        ]
        told = subprocess.run(command, cwd=ROOT, env=place.environment(), capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stdout + told.stderr


def formulas(place: Place) -> list[str]:
    """Cells of the published CSV copies that a spreadsheet would take for a formula, each with its file."""
    found = []
    paths = sorted((place.published.parent / "csv").glob("*.csv"))
    assert paths
    for path in paths:
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = (cell for row in csv.reader(file) for cell in row)
            found += [
                f"{path.name}: {cell}"
                for cell in cells
                if cell.startswith(tuple(FORMULA_STARTS)) and not is_number(cell)
            ]
    return found


def is_number(cell: str) -> bool:
    """Whether a cell reads as a number, of any sign and size."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def watching_network(trace: Path = Path("/dev/null")) -> list[str]:
    """A command line that runs another without a network and writes down its network calls; [] where that is not allowed."""
    if not (shutil.which("unshare") and shutil.which("strace")):
        return []
    own = [] if os.geteuid() == 0 else ["--map-root-user"]
    watch = ["strace", "--follow-forks", "--seccomp-bpf", "--trace=network", "--output", str(trace)]
    command = ["unshare", "--net", *own, *watch]
    probe = subprocess.run([*command, "true"], capture_output=True, check=False)
    return command if probe.returncode == 0 else []


def place_after_a_build(name: str) -> Place:
    """A place where the company was built before: project, exports, private database and published files."""
    place = Place(scratch() / name)
    shutil.rmtree(place.folder, ignore_errors=True)
    shutil.copytree(built_place()[0].folder, place.folder)
    return place


@cache
def _short_project() -> Path:
    place = Place(scratch() / "short")
    copy_project(place.project, ("macros", "winloss", "dbt_project.yml", "profiles.yml"))
    (place.project / "seeds").mkdir()
    # what the loader and the settings know by lists stands there too
    for seed in ("reject_rules", "settings", "crm_rules", "crm_objects", "header_aliases", "outcome_words"):
        for ending in ("csv", "yml"):
            shutil.copy(ROOT / "seeds" / f"{seed}.{ending}", place.project / "seeds")
    (place.project / "models" / "staging").mkdir(parents=True)
    shutil.copy(ROOT / "models" / "staging" / "sources.yml", place.project / "models" / "staging")
    shutil.copy(ROOT / "seeds" / "published_tables.csv", place.project / "seeds")
    shutil.copy(ROOT / "seeds" / "published_tables.yml", place.project / "seeds")
    # read once, so that no copy has to
    assert place.dbt("parse").returncode == 0
    return place.project


def place_with_a_short_build(name: str) -> Place:
    """As `place_after_a_build`, with a project of two seeds: a whole build takes seconds, and its end is the real one."""
    place = place_after_a_build(name)
    shutil.rmtree(place.project)
    shutil.copytree(_short_project(), place.project)
    return place


def copy_project(folder: Path, parts: Sequence[str] = PARTS) -> None:
    """Copy the project, so that dbt's target and logs and the user's own seeds stay out of the way."""
    folder.mkdir(parents=True)
    for part in parts:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, folder / part)
    # nothing here reads the sample company
    shutil.rmtree(folder / "seeds" / "sample", ignore_errors=True)
