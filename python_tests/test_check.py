"""The look before a build: what it says of each file, and what it leaves behind."""

import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from icp.cli import main
from icp.exports.check import CANNOT_WORK, FINE, PROBLEMS, preview, suggested_mapping
from python_tests.conftest import ROOT

FIXTURES = ROOT / "python_tests" / "fixtures"


@pytest.mark.parametrize("crm", ["salesforce", "hubspot", "pipedrive", "dynamics365"])
def test_the_crm_is_recognised_by_its_headers(crm: str, tmp_path: Path) -> None:
    source = FIXTURES / crm
    folder = source if any(source.glob("*.csv")) else next(path for path in sorted(source.iterdir()) if path.is_dir())
    assert preview(str(folder)).lines[0] == f"Read as {crm}; --crm says otherwise."


def test_each_file_is_told_with_what_is_read_ignored_and_missing() -> None:
    found = preview(str(FIXTURES / "pipedrive"))
    text = "\n".join(found.lines)
    assert found.exit_code == FINE
    assert "deals-acme-1.csv: 8 rows, read as deals" in text
    assert "Deal - Lost reason as loss_reason" in text
    assert "missing: qualification_score. There is no qualification cut-off." in text


def test_no_cell_of_a_file_is_printed() -> None:
    assert "Canary" not in "\n".join(preview(str(FIXTURES / "pipedrive")).lines)


def test_a_ragged_line_is_a_problem_with_its_line(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "pipedrive", tmp_path / "exports")
    with (tmp_path / "exports" / "people.csv").open("a", encoding="utf-8") as file:
        file.write("903,Eve Canary\n")
    found = preview(str(tmp_path / "exports"))
    assert found.exit_code == PROBLEMS
    assert "  line 4: has 2 cells, the header has 5" in found.lines


def test_a_folder_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    found = preview(str(tmp_path / "nowhere"), "pipedrive")
    assert found.exit_code == CANNOT_WORK and len(found.lines) == 1


def test_headers_of_no_crm_lead_to_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "book.csv").write_text("opportunity_id,account,deal_stage,close_date,close_value,sales_agent,shoe size\n1,Birch,Won,2025-10-01,5,A,44\n", encoding="utf-8")
    assert preview(str(tmp_path)).exit_code == PROBLEMS
    written = yaml.safe_load(suggested_mapping(str(tmp_path)))
    assert written["mapping"]["files"] == {"deals": "book.csv"}
    assert written["mapping"]["columns"]["deals"] == {
        "deal_id": "opportunity_id", "account_id": "account", "outcome": "deal_stage", "closed_on": "close_date", "amount": "close_value", "owner": "sales_agent",
    }
    # what was suggested can be built from
    assert preview(str(tmp_path), "custom", {"mapping": written["mapping"]}).exit_code == FINE


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    before = set(tmp_path.iterdir())
    preview(str(FIXTURES / "dynamics365"))
    assert set(tmp_path.iterdir()) == before


def test_the_command_has_the_exit_codes_and_writes_a_mapping(tmp_path: Path) -> None:
    run = CliRunner().invoke
    assert run(main, ["check", str(FIXTURES / "pipedrive")]).exit_code == FINE
    assert run(main, ["check", str(tmp_path / "nowhere")]).exit_code == CANNOT_WORK
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "book.csv").write_text("opportunity_id,account,deal_stage\n1,Birch,Won\n", encoding="utf-8")
    assert run(main, ["check", str(exports)]).exit_code == PROBLEMS
    mapping = tmp_path / "mapping.yml"
    assert run(main, ["check", str(exports), "--write-mapping", str(mapping)]).exit_code == FINE
    assert run(main, ["check", str(exports), "--mapping", str(mapping)]).exit_code == FINE
    again = run(main, ["check", str(exports), "--write-mapping", str(mapping)])
    assert again.exit_code == 1 and "is there already" in again.output
