"""The reader for `crm: hubspot`: exports with labels or internal names, in one or several files per object.

What the columns mean is SQL: models/staging/hubspot.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from icp.exports.columns import Column, Kind
from icp.exports.folder import Folder
from icp.exports.layout import Layout
from icp.exports.recognise import EXTRAS, Shape, crm_layout, landing
from icp.exports.statements import LINES, Binding, Cell, FileReading

SHAPES = (
    Shape(
        "deals",
        "deal",
        landing(
            (Kind.IDENTIFIER, "deal_id account_id account_ids=account_ids_multi contact_ids=contact_ids_multi"),
            # To find companies and contacts where the file has no ids; no model selects them.
            (Kind.CATEGORY, "account_domain contact_emails contact_names=contact_names_multi"),
            (Kind.CATEGORY, "stage=stage|stage_internal"),
            (Kind.BOOLEAN, "is_won is_lost is_closed"),
            (Kind.DATE, "created_on=created_at closed_on=close_date"),
            (Kind.TIMESTAMP, "modified_at=updated_at"),
            (Kind.NUMBER, "amount amount_converted"),
            (Kind.CATEGORY, "currency owner=owner_name owner_id deal_type lead_source product"),
            (Kind.CATEGORY, "pipeline=pipeline|pipeline_internal competitor=competitor_raw"),
            (Kind.STATED, "loss_reason=loss_reason_raw win_factors=win_reason_raw"),
            (Kind.NUMBER, "qualification_score"),
            (Kind.CATEGORY, "industry"),
            (Kind.NUMBER, "annual_revenue employees"),
            (Kind.CATEGORY, "region country account_type"),
        )
        | EXTRAS,
        needs=(("deal_id",), ("stage", "stage_internal", "deal_name")),
    ),
    Shape(
        "contacts",
        "contact",
        landing(
            (Kind.IDENTIFIER, "contact_id account_id account_ids=account_ids_multi deal_ids=deal_ids_multi"),
            (Kind.CATEGORY, "account_domain email"),
            (Kind.CATEGORY, "title=title_raw department=department_raw buying_role=role_raw"),
            (Kind.TIMESTAMP, "modified_at=updated_at"),
        ),
        needs=(("contact_id",), ("first_name", "last_name", "email", "title_raw", "role_raw")),
    ),
    Shape(
        "accounts",
        "account",
        landing(
            (Kind.IDENTIFIER, "account_id"),
            (Kind.CATEGORY, "account_domain=domain industry=industry_raw"),
            (Kind.NUMBER, "annual_revenue employees"),
            (Kind.CATEGORY, "region=state country account_type"),
            (Kind.TIMESTAMP, "modified_at=updated_at"),
        ),
        needs=(("account_id",), ("account_name", "domain", "industry_raw")),
    ),
)

# Stages are columns here: `Date entered "Contract Sent (Sales Pipeline)"`, or hs_v2_date_entered_contractsent.
STAGE_HISTORY = (
    Column("deal_id", Kind.IDENTIFIER),
    Column("stage", Kind.CATEGORY),
    Column("entered_on", Kind.DATE),
    Column("modified_at", Kind.TIMESTAMP),
)
_ENTERED = re.compile(
    r"""date entered ["'“](?P<label>.+?)( \([^()]*\))?["'”]|hs_(?:v2_)?date_entered_(?P<internal>\w+)""", re.IGNORECASE
)


def hubspot_layout(folder: Folder, variables: Mapping[str, object]) -> Layout:
    """The layout of a folder of HubSpot files. Raises ReadingError with one sentence per thing to mend."""
    layout = crm_layout(folder, variables, "hubspot", SHAPES, '"Record ID" and "Deal Stage", or "hs_object_id" and "dealstage"')
    entered = [reading for deals in layout.readings if deals.object == "deals" for reading in _stages_entered(deals)]
    return replace(
        layout,
        objects={**layout.objects, "stage_history": STAGE_HISTORY},
        readings=[*layout.readings, *entered],
        notices=[*layout.notices, *(notice for reading in layout.readings for notice in _matching_notices(reading))],
    )


def _matching_notices(reading: FileReading) -> Iterator[str]:
    """What is found by domain or e-mail because the file has no ids of it."""
    name, has = reading.file.name, reading.bindings.keys()
    if "account_domain" in has and not has & {"account_id", "account_ids"} and reading.object != "accounts":
        yield f'{name} has no ids of companies: they are found by domain. Add "Associated Company IDs" to the export to be sure.'
    if has & {"contact_emails", "contact_names"} and "contact_ids" not in has:
        yield f'{name} has no ids of contacts: they are found by e-mail. Add "Associated Contact IDs" to the export to be sure.'


def stage_of_header(header: str) -> str | None:
    """The stage whose date of entry stands under a header, None when it is another column."""
    match = _ENTERED.fullmatch(header)
    return (match["label"] or match["internal"]) if match else None


def _stages_entered(deals: FileReading) -> Iterator[FileReading]:
    """One reading per stage of a deals file: the day each deal entered it."""
    for place, header in enumerate(deals.file.headers):
        stage = stage_of_header(header)
        if stage and "deal_id" in deals.bindings:
            entered_on = Binding(STAGE_HISTORY[2], (Cell(LINES, deals.file, place),))
            kept = {name: deals.bindings[name] for name in ("deal_id", "modified_at") if name in deals.bindings}
            bindings = {**kept, "entered_on": entered_on}
            yield replace(deals, object="stage_history", bindings=bindings, constants={"stage": stage})
