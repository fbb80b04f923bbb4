"""`winloss run`: files in a folder become a report in one command, and a fault is one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from python_tests import speeds
from python_tests.known_company.project import ROOT
from python_tests.windows import without_unix
from winloss.operations.run import Places

FIXTURES = ROOT / "python_tests" / "fixtures"

# a deal for each line: 4 won, 2 lost, 1 open, 1 duplicate that was disqualified
DEALS = """Record ID,Deal Name,Deal Stage,Pipeline,Amount,Create Date,Close Date,Deal owner
1,a,Closed Won,Sales Pipeline,100,2025-01-02,2025-02-03,Ann
2,b,Closed Won,Sales Pipeline,100,2025-01-02,2025-03-03,Ann
3,c,Closed Lost,Sales Pipeline,100,2025-01-02,2025-04-03,Ann
4,d,Closed Won,Sales Pipeline,100,2025-01-02,2025-05-03,Ann
5,e,Closed Lost,Sales Pipeline,100,2025-01-02,2025-06-03,Ann
6,f,Closed Won,Sales Pipeline,100,2025-01-02,2025-06-30,Ann
7,g,Contract Sent,Sales Pipeline,100,2025-06-02,2025-09-03,Ann
"""


def run(folder: Path, exports: Path, *options: str) -> subprocess.CompletedProcess[str]:
    speeds.dbt_starts()
    environment = {
        "PYTHONPATH": f"{without_unix(folder / 'windows')}{os.pathsep}{ROOT}",
        "WINLOSS_EXPORTS": str(exports),
        "WINLOSS_DB": str(folder / "w.duckdb"),
        "WINLOSS_PUBLISHED": str(folder / "published" / "marts.duckdb"),
        "WINLOSS_REPORTS": str(folder / "reports"),
        "WINLOSS_SETTINGS": str(folder / "winloss.yml"),
        "WINLOSS_KEY": "a key of sixteen signs",
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    return subprocess.run(
        [sys.executable, "-m", "winloss", "run", *options],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.dbt
@pytest.mark.thorough
def test_files_become_a_report_and_the_terminal_says_what_was_read(tmp_path: Path) -> None:
    """Also where nothing is there that only Unix has, and lines end as Windows writes them."""
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "hubspot-crm-exports-all-deals-2025-07-02.csv").write_text(DEALS, encoding="utf-8", newline="\r\n")
    # files of the user's in every folder that the command works in
    for folder in (
        "",
        "landing",
        "landing/w",
        "published",
        "published/csv",
        "published/2025-Q2",
        "reports",
        "reports/2025-Q2",
        "logs",
        "target",
    ):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "deals.csv").write_text(DEALS, encoding="utf-8")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.csv")}
    done = run(tmp_path, exports)
    assert done.returncode == 0, done.stderr
    assert len(before) == 11
    assert {path: path.read_bytes() for path in before if path.is_file()} == before
    assert "7 deals: 4 won, 2 lost, 1 open, closed 2025-02 to 2025-06; read as HubSpot" in done.stdout
    report = Path(done.stdout.rsplit("Report: ", 1)[1].strip())
    assert report.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert done.stderr.splitlines()[:5] == [
        "looking at the files", "read as HubSpot: 1 file", "wrote winloss.yml: what was found, and what else may be stated",
        "reading the exports", "checking the records",
    ]  # fmt: skip
    # a few closed deals in the quarter are an alert, with what to do
    assert "closed_deals (2025-Q2): Few deals closed in the quarter under review" in done.stdout


def test_a_second_run_reads_what_it_has_just_published(tmp_path: Path) -> None:
    """What readers open is a link; a build puts another file behind it, and the run must not keep the one from before."""
    for build in ("first", "second"):
        (tmp_path / build).write_text(build, encoding="utf-8")
    published = tmp_path / "marts.duckdb"
    published.symlink_to("first")
    places = Places.stated(tmp_path, {"published": "marts.duckdb", "reports": "reports"})
    published.unlink()
    published.symlink_to("second")
    assert places.published.read_text(encoding="utf-8") == "second"
    assert places.published.is_absolute()


@pytest.mark.dbt
def test_files_of_no_known_kind_are_drafted_into_the_settings_and_the_run_stops(tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "things.csv").write_text("colour,shape,weight\nred,round,3\n", encoding="utf-8")
    refused = run(tmp_path, exports, "--quiet")
    assert refused.returncode == 2
    assert refused.stdout == ""
    drafted = (tmp_path / "winloss.yml").read_text(encoding="utf-8").splitlines()
    said = refused.stderr.strip().splitlines()
    assert said[0] == "The files are of no CRM known here, so a mapping was drafted into winloss.yml."
    number = next(place for place, line in enumerate(drafted, 1) if line.strip().startswith("outcome:"))
    assert f"  line {number}: outcome: which header?  (write the header it has in the file)" in said
    assert not (tmp_path / "published").exists()
