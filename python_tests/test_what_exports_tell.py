"""What the export of each CRM tells of pace, pipeline and funnel, and that each table says why where it does not.

The models run on the lines of the CRMs' fixtures as other tests built them, with the SQL of the sample's build: nothing is built here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from python_tests.conftest import SampleBuild
from python_tests.crm_build import CompiledModels, CrmBuild
from winloss.load.recognition import recognised_crms

# companies of its own, built whole
pytestmark = pytest.mark.thorough

MARTS = (
    "win_rate_definitions",
    "win_rate_curves",
    "win_rates_by_cohort",
    "open_pipeline",
    "stage_funnel",
    "stage_changes",
    "data_quality_findings",
)


@pytest.fixture(scope="module")
def told(sample_build: SampleBuild, build_of: Callable[[str], CrmBuild]) -> Callable[[str], CompiledModels]:
    """The tables of a CRM's fixture."""
    made: dict[str, CompiledModels] = {}

    def tell(crm: str) -> CompiledModels:
        if crm not in made:
            compiled = CrmBuild(sample_build.folder, "", "sample", Path())
            made[crm] = CompiledModels(compiled, *MARTS, lines=build_of(crm).database)
            made[crm].make()
        return made[crm]

    return tell


RATES = {
    "win_rate_definitions": "win_rate",
    "win_rate_curves": "won_share",
    "win_rates_by_cohort": "final_win_rate",
    "open_pipeline": "expected_wins",
    "stage_funnel": "advance_rate",
    "stage_changes": "advance_rate",
}
"""The figure of each table that an export may not be able to tell."""

FEW = "too few deals of known age were decided in the trailing window"
NO_OPEN = "no open deal that states when it was created"
NO_DAYS = "no deal has a day on which it entered the stage"

# by hand from the files: deals still open, why their wins are not told, whether moments of stages are there, and deals without a known stage
TOLD: dict[str, tuple[int, str, set[bool], int]] = {
    # the history names four of eleven deals
    "salesforce": (3, FEW, {True}, 7),
    # days of entering "Contract Sent" on three deals of five, none of them open
    "hubspot": (0, NO_OPEN, {True}, 2),
    # the last stage alone: Proposal and Proposta, each of one lost deal and one won
    "pipedrive": (1, FEW, {False}, 7),
    # a close overwrites the stage
    "zoho": (1, FEW, set(), 6),
    # nothing tells the order of its stages
    "dynamics365": (1, FEW, set(), 4),
}


@pytest.mark.parametrize("crm", recognised_crms())
def test_what_an_export_cannot_tell_is_said(told: Callable[[str], CompiledModels], crm: str) -> None:
    assert crm in TOLD, f"count by hand what python_tests/fixtures/{crm}/ tells, and add it to TOLD"
    models = told(crm)
    for table, figure in RATES.items():
        silent = models.rows(f"select * from marts.{table} where {figure} is null and missing_reason is null")
        assert silent == [], table
    open_deals, why, has_days, unknown = TOLD[crm]
    assert models.rows("select open_deals, missing_reason from marts.open_pipeline where dimension = 'all'") == [
        (open_deals, why)
    ]
    assert models.rows("select sum(open_deals) from marts.win_rates_by_cohort") == [(open_deals,)]
    told_of = models.rows("select missing_reason from marts.stage_funnel where period = 'all'")
    assert {NO_DAYS not in (reason or "") for (reason,) in told_of} == has_days
    assert {
        reason != NO_DAYS for (reason,) in models.rows("select missing_reason from marts.stage_changes")
    } == has_days
    rule = "select records from marts.data_quality_findings where rule_id = 'stages_unknown'"
    assert models.rows(rule) == [(unknown,)]
