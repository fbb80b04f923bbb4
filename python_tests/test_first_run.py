"""The first run writes what it found into winloss.yml, where a person reads and changes it, and never touches one that is there."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from python_tests.known_company.project import ROOT
from winloss import settings
from winloss.errors import ReadingError
from winloss.load.recognition import NoDealsError
from winloss.operations.first_run import FirstRun, StoppedError, recognise_and_keep
from winloss.report import render
from winloss.report.document import Report, Sentence

OWN = "opportunity_id,account,deal_stage,close_date,close_value\n" + "".join(
    f"O{n},Firm {n % 3},{'Won' if n % 2 else 'Lost'},2025-0{n % 9 + 1}-11,{n}00\n" for n in range(1, 21)
)


def first(folder: Path, **stated: object) -> FirstRun:
    exports = folder / "exports"
    exports.mkdir(exist_ok=True)
    found = settings.resolve({"exports": str(exports), **stated}, {settings.FILE_VARIABLE: str(folder / "winloss.yml")})
    return FirstRun(found, folder / "winloss.yml", folder / "w.duckdb")


def test_the_settings_hold_what_was_found_and_say_what_else_may_be_stated(tmp_path: Path) -> None:
    run = first(tmp_path)
    deals = (ROOT / "python_tests" / "fixtures" / "pipedrive" / "deals-acme-1.csv").read_bytes()
    (tmp_path / "exports" / "deals.csv").write_bytes(deals)
    assert recognise_and_keep(run)[0] == "read as Pipedrive: 1 file"
    text = run.file.read_text(encoding="utf-8")
    assert yaml.safe_load(text) == {"crm": "pipedrive", "exports": str(tmp_path / "exports")}
    for name in ("company_name", "fiscal_year_start_month", "time_zone"):
        # a line that counts once its # is taken away
        (line,) = [line for line in text.splitlines() if line.startswith(f"# {name}: ")]
        assert settings.check(yaml.safe_load(line.removeprefix("# "))) == []
    assert settings.read_settings_file(run.file)["crm"] == "pipedrive"


def test_settings_that_are_there_are_never_written(tmp_path: Path) -> None:
    run = first(tmp_path)
    run.file.write_text("minimum_deals: 12\n", encoding="utf-8")
    (tmp_path / "exports" / "book.csv").write_text(OWN, encoding="utf-8")
    with pytest.raises(StoppedError, match=r"stays as it is: copy crm and mapping into it"):
        recognise_and_keep(run)
    assert run.file.read_text(encoding="utf-8") == "minimum_deals: 12\n"
    drafted = yaml.safe_load((tmp_path / "winloss.draft.yml").read_text(encoding="utf-8"))
    assert drafted["mapping"]["files"] == {"deals": "book.csv"}
    # a second time the draft may have been worked on: it is not written again, and the sentence says what may be done
    (tmp_path / "winloss.draft.yml").write_text("mine\n", encoding="utf-8")
    with pytest.raises(ReadingError, match="are those of no CRM known here"):
        recognise_and_keep(run)
    assert (tmp_path / "winloss.draft.yml").read_text(encoding="utf-8") == "mine\n"


def test_a_draft_can_be_run_from_without_an_edit(tmp_path: Path) -> None:
    run = first(tmp_path)
    (tmp_path / "exports" / "book.csv").write_text(OWN, encoding="utf-8")
    with pytest.raises(StoppedError, match=r"drafted into winloss.yml"):
        recognise_and_keep(run)
    stated = settings.resolve({}, {settings.FILE_VARIABLE: str(run.file)})
    assert recognise_and_keep(replace(run, settings=stated)) == []
    assert stated["mapping"]["outcomes"]["won"] == ["Won"]


def test_accounts_like_those_of_a_crm_do_not_make_other_deals_its_own(tmp_path: Path) -> None:
    run = first(tmp_path)
    shutil.copy(ROOT / "python_tests" / "fixtures" / "zoho" / "accounts.csv", tmp_path / "exports")
    with pytest.raises(NoDealsError, match="holds deals of"):
        recognise_and_keep(run)
    assert not run.file.exists()
    (tmp_path / "exports" / "deals.csv").write_text(
        OWN.replace("opportunity_id,account", "deal_id,account_id"), encoding="utf-8"
    )
    with pytest.raises(StoppedError, match=r"drafted into winloss.yml"):
        recognise_and_keep(run)
    assert yaml.safe_load(run.file.read_text(encoding="utf-8"))["mapping"]["files"]["deals"] == "deals.csv"


def test_without_files_nothing_is_written_and_the_sample_is_built(tmp_path: Path) -> None:
    run = first(tmp_path)
    (tmp_path / "exports" / "README.md").write_text("nothing yet", encoding="utf-8")
    with pytest.raises(ReadingError):
        # a folder that was named and is not there is a mistake
        recognise_and_keep(replace(run, settings={**run.settings, "exports": str(tmp_path / "gone")}))
    assert recognise_and_keep(run) == [] and not run.file.exists()


def test_files_that_cannot_be_read_leave_no_settings(tmp_path: Path) -> None:
    run = first(tmp_path)
    header = "Deal - ID,Deal - Title,Deal - Status,Deal - Value,Deal - Deal created\n"
    # day and month of each date may change places
    (tmp_path / "exports" / "deals.csv").write_text(
        header + "1,a,Won,5,01/02/2025\n2,b,Lost,6,03/04/2025\n", encoding="utf-8"
    )
    with pytest.raises(ReadingError, match="date_order"):
        recognise_and_keep(run)
    assert not run.file.exists()


@pytest.mark.parametrize("kind", ["html", "md", "json"])
def test_the_name_of_the_company_stands_on_the_report(kind: str) -> None:
    report = Report("2025-Q4", Sentence("We won"), (), (), company="O'Neill Sons")
    assert "O'Neill Sons" in render(report, kind)
    assert "Neill" not in render(replace(report, company=""), kind)
