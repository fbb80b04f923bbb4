"""The reader for `crm: pipedrive`: list exports, and the headers of older import samples.

What the columns mean is SQL: models/staging/pipedrive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import duckdb

from icp.exports.columns import Kind
from icp.exports.folder import Folder
from icp.exports.layout import Layout
from icp.exports.quoting import identifier
from icp.exports.recognise import EXTRAS, Shape, crm_layout, landing
from icp.exports.statements import Binding, FileReading

STATUSES = ("open", "won", "lost", "deleted", "en cours", "gagnée", "perdue", "aberto", "ganho", "perdido")

SHAPES = (
    Shape(
        "deals",
        "deal",
        landing(
            (Kind.IDENTIFIER, "deal_id account_id primary_contact_id"),
            # names join where ids are missing, and number the deals of a file without ids; no model keeps them
            (Kind.CATEGORY, "deal_name account_name contact_name"),
            (Kind.CATEGORY, "status=status_raw stage archive_status"),
            (Kind.DATE, "created_on=created_at won_on=won_at lost_on=lost_at closed_on=closed_at"),
            (Kind.TIMESTAMP, "modified_at=updated_at"),
            (Kind.NUMBER, "amount"),
            (Kind.CATEGORY, "currency owner=owner_name pipeline product deal_type lead_source=lead_source|lead_source_channel"),
            (Kind.STATED, "loss_reason=loss_reason_raw win_factors"),
            (Kind.CATEGORY, "competitor title=title_raw"),
            (Kind.NUMBER, "qualification_score annual_revenue employees"),
            (Kind.CATEGORY, "industry=industry_raw region country account_type"),
        )
        | EXTRAS,
        needs=(("deal_id", "deal_name"), ("status_raw", "won_at", "lost_at")),
    ),
    Shape(
        "contacts",
        "contact",
        landing(
            (Kind.IDENTIFIER, "contact_id account_id"),
            (Kind.CATEGORY, "contact_name=full_name title=title_raw"),
        ),
        needs=(("contact_id", "full_name"), ("title_raw", "email", "first_name", "full_name")),
        never=frozenset({"deal - id", "deal - title"}),
    ),
    Shape(
        "accounts",
        "account",
        landing(
            (Kind.IDENTIFIER, "account_id"),
            (Kind.CATEGORY, "account_name industry=industry_raw"),
            (Kind.NUMBER, "annual_revenue employees"),
            (Kind.CATEGORY, "region country account_type"),
        ),
        needs=(("account_id", "account_name"), ("industry_raw", "annual_revenue", "employees", "country", "account_name")),
        never=frozenset({"deal - id", "deal - title"}),
    ),
)


def pipedrive_layout(folder: Folder, variables: Mapping[str, object]) -> Layout:
    """The layout of a folder of Pipedrive files. Raises ReadingError with one sentence per thing to mend."""
    layout = crm_layout(folder, variables, "pipedrive", SHAPES, '"Deal - ID" and "Deal - Status"')
    readings = [
        replace(reading, bindings=_true_status(reading, folder.engine)) if reading.object == "deals" else reading
        for reading in layout.readings
    ]
    return replace(layout, readings=readings, notices=[*layout.notices, *_joined_by_name(readings)])


def _true_status(reading: FileReading, engine: duckdb.DuckDBPyConnection) -> Mapping[str, Binding]:
    """The bindings with the status taken from the column that holds statuses.

    A custom field may be called Status too, and stand before the real one.
    """
    status = reading.bindings.get("status")
    if status is None or len(status.cells) < 2:
        return reading.bindings
    known = ", ".join(f"'{word}'" for word in STATUSES)
    counted = [
        engine.execute(
            f"select count(*) from {reading.file.relation()} as records "
            f"where lower(trim({identifier(reading.file.columns[cell.position])})) in ({known})"
        ).fetchone()
        for cell in status.cells
    ]
    best = max(range(len(status.cells)), key=lambda place: ((counted[place] or (0,))[0], -place))
    return {**reading.bindings, "status": replace(status, cells=(status.cells[best],))}


def _joined_by_name(readings: list[FileReading]) -> list[str]:
    notices = []
    for reading in readings:
        if reading.object == "deals" and "account_id" not in reading.bindings and "account_name" in reading.bindings:
            notices.append(
                f"{reading.file.name} has no Deal - Organization ID: organizations are joined by name, so two of one name "
                f"count as one. Add the column to the export to join by id."
            )
        if reading.object == "deals" and "primary_contact_id" not in reading.bindings and "contact_name" in reading.bindings:
            notices.append(
                f"{reading.file.name} has no Deal - Contact person ID: people are joined by name. Add the column to the "
                f"export to join by id."
            )
    return notices
