"""The reader for `crm: salesforce`: files of the API, Data Loader or CLI, and exported reports.

What the columns mean is SQL: models/staging/salesforce.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import duckdb

from icp.exports.columns import Kind
from icp.exports.folder import Folder
from icp.exports.headers import plain
from icp.exports.layout import Layout
from icp.exports.problems import ReadingError
from icp.exports.quoting import identifier
from icp.exports.recognise import EXTRAS, Shape, crm_layout, landing
from icp.exports.shape import ExportFile

# Where the footer of a report begins; a column of every object that can stand in a report.
FOOTER = landing((Kind.CATEGORY, "footer_from"))

# Leads and users have the columns of a contact, campaigns and leads those of an account.
_NO_CONTACT = frozenset("isconverted convertedaccountid username profileid company".split()) | {"lead id", "lead owner"}

SHAPES = (
    Shape(
        "competitors",
        "competitor",
        landing(
            (Kind.IDENTIFIER, "deal_id"),
            (Kind.CATEGORY, "competitor=competitor_raw"),
            (Kind.BOOLEAN, "is_deleted"),
        ),
        needs=(("deal_id",), ("competitor_raw",)),
    ),
    Shape(
        "stage_history",
        "stage_history",
        landing((Kind.IDENTIFIER, "deal_id"), (Kind.CATEGORY, "stage"), (Kind.TIMESTAMP, "entered_at")),
        needs=(("deal_id",), ("stage",), ("entered_at",)),
    ),
    Shape(
        "deals",
        "deal",
        landing(
            (Kind.IDENTIFIER, "deal_id account_id"),
            # Only to number the deals of a report without ids, and never selected by a model.
            (Kind.CATEGORY, "deal_name account_name"),
            (Kind.CATEGORY, "stage"),
            (Kind.BOOLEAN, "is_closed is_won"),
            (Kind.DATE, "created_on=created_at closed_on=close_date"),
            (Kind.TIMESTAMP, "modified_at=updated_at"),
            (Kind.NUMBER, "amount amount_converted"),
            (Kind.CATEGORY, "currency owner=owner_name owner_id deal_type lead_source product pipeline"),
            (Kind.CATEGORY, "competitor=competitor_raw"),
            (Kind.STATED, "loss_reason=loss_reason_raw win_factors=win_reason_raw"),
            (Kind.NUMBER, "qualification_score"),
            (Kind.BOOLEAN, "is_deleted"),
            (Kind.CATEGORY, "industry=industry_raw"),
            (Kind.NUMBER, "annual_revenue employees"),
            (Kind.CATEGORY, "region=state country account_type"),
        )
        | EXTRAS
        | FOOTER,
        needs=(("deal_id", "deal_name"), ("stage", "is_won")),
    ),
    Shape(
        "deal_contacts",
        "deal_contact",
        landing(
            (Kind.IDENTIFIER, "deal_id contact_id"),
            (Kind.CATEGORY, "buying_role=role_raw"),
            (Kind.BOOLEAN, "is_primary"),
            (Kind.DATE, "added_on=added_at"),
            (Kind.BOOLEAN, "is_deleted"),
        )
        | FOOTER,
        needs=(("deal_id",), ("contact_id",)),
        additional=True,
    ),
    Shape(
        "contacts",
        "contact",
        landing(
            (Kind.IDENTIFIER, "contact_id account_id"),
            (Kind.CATEGORY, "title=title_raw department=department_raw buying_role"),
            (Kind.TIMESTAMP, "modified_at=updated_at"),
            (Kind.BOOLEAN, "is_deleted"),
        )
        | FOOTER,
        needs=(("contact_id",), ("last_name", "email", "title_raw", "department_raw", "reports_to_id")),
        never=_NO_CONTACT,
    ),
    Shape(
        "accounts",
        "account",
        landing(
            (Kind.IDENTIFIER, "account_id"),
            (Kind.CATEGORY, "industry=industry_raw"),
            (Kind.NUMBER, "annual_revenue employees"),
            (Kind.CATEGORY, "region=state country account_type"),
            (Kind.TIMESTAMP, "modified_at=updated_at"),
            (Kind.BOOLEAN, "is_deleted"),
        )
        | FOOTER,
        needs=(("account_id",), ("industry_raw", "annual_revenue", "employees", "country", "state", "domain", "ownership")),
        never=_NO_CONTACT | {"lastname", "last name"},
    ),
)

_ID = "^[a-zA-Z0-9]{15}([a-zA-Z0-9]{3})?$"
_TOTALS = r"^Grand Totals \(([0-9., ]+) records?\)$"
_TOTALS_IN_ANY_LANGUAGE = r"^[^()]+\(([0-9][0-9., \x{A0}\x{202F}]*)[^()0-9]+\)$"


def salesforce_layout(folder: Folder, variables: Mapping[str, object]) -> Layout:
    """The layout of a folder of Salesforce files. Raises ReadingError with one sentence per thing to mend."""
    layout = crm_layout(folder, variables, "salesforce", SHAPES, '"Id" and "StageName", or "Opportunity ID" and "Stage"')
    reports = {reading.file for reading in layout.readings if _is_report(reading.file)}
    ids = {
        reading.file: reading.bindings[name].cells[0].column
        for reading in layout.readings
        for name in ("account_id", "contact_id", "deal_id")
        if name in reading.bindings and reading.file in reports
    }
    footers = {file: _footer_from(file, ids.get(file), folder.engine) for file in sorted(reports, key=lambda file: file.name)}
    return replace(
        layout,
        readings=[
            replace(reading, constants={"footer_from": footers[reading.file]} if reading.file in footers else {})
            for reading in layout.readings
        ],
    )


def _is_report(file: ExportFile) -> bool:
    return not {"id", "opportunityid"} & {plain(header) for header in file.headers}


def _footer_from(file: ExportFile, id_column: str | None, engine: duckdb.DuckDBPyConnection) -> int | None:
    """The line on which the footer of a report begins, None without one.

    Footer lines have words in the first cell alone, whatever their language, and follow the last record; the line of grand
    totals may hold sums too. Raises ReadingError when the grand totals count other records than stand above them.
    """
    if id_column and (footer := _footer_after_ids(file, id_column, engine)):
        return footer
    first = f"trim({identifier(file.columns[0])})"
    filled = " + ".join(f"(nullif(trim({identifier(column)}), '') is not null)::int" for column in file.columns)
    row = engine.execute(
        f"with lines as (select source_line, {first} as first_cell, {filled} as filled_cells from {file.relation()} as records), "
        f"totals as (select min(source_line) as line, min(first_cell) as words from lines where regexp_matches(first_cell, $1)), "
        f"last_record as (select coalesce(max(lines.source_line), 0) as line from lines cross join totals "
        f"where (totals.line is null or lines.source_line < totals.line) "
        f"and (filled_cells > 1 or regexp_matches(first_cell, $2))) "
        f"select min(lines.source_line), any_value(totals.words), "
        f"(select count(*) from lines cross join last_record where source_line <= last_record.line) "
        f"from last_record cross join totals left join lines on lines.source_line > last_record.line",
        [_TOTALS, _ID],
    ).fetchone()
    footer_from, totals, records = row or (None, None, 0)
    if totals and int(re.sub(r"\D", "", totals)) != records:
        raise ReadingError(
            f'{file.name} says "{totals}", but {records} records stand above that line: the file is not whole, or was '
            f"edited. Export the report again."
        )
    return footer_from if len(file.headers) > 1 else None


def _footer_after_ids(file: ExportFile, id_column: str, engine: duckdb.DuckDBPyConnection) -> int | None:
    """The first line after the last with an id, if a line of grand totals in any language follows; None otherwise.

    Known by what it says, not by its words: it has no id, and the number in its brackets is that of the records above.
    """
    first, own_id = (f"trim({identifier(column)})" for column in (file.columns[0], id_column))
    row = engine.execute(
        f"with lines as (select source_line, {first} as first_cell, coalesce(regexp_matches({own_id}, $1), false) as is_record "
        f"from {file.relation()} as records), "
        f"last_record as (select max(source_line) as line, count(*) as records from lines where is_record) "
        f"select (select min(source_line) from lines where source_line > last_record.line) "
        f"from last_record where exists (select 1 from lines where lines.source_line > last_record.line "
        f"and regexp_replace(regexp_extract(first_cell, $2, 1), '[^0-9]', '', 'g') = cast(last_record.records as varchar))",
        [_ID, _TOTALS_IN_ANY_LANGUAGE],
    ).fetchone()
    return row[0] if row else None
