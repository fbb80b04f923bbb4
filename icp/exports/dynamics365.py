"""The reader for `crm: dynamics365`: exported views, with the hidden columns of a template or without.

What the columns mean is SQL: models/staging/dynamics365.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from icp.exports.columns import Kind
from icp.exports.folder import Folder
from icp.exports.layout import Layout
from icp.exports.recognise import EXTRAS, Shape, crm_layout, landing

SHAPES = (
    Shape(
        "deals",
        "deal",
        landing(
            (Kind.IDENTIFIER, "deal_id"),
            # names join, because a view exports no ids of records it points to; no model keeps them
            (Kind.CATEGORY, "deal_name account_name contact_name"),
            (Kind.CATEGORY, "status=status_raw stage"),
            (Kind.STATED, "status_reason=loss_reason_raw loss_reason win_factors"),
            (Kind.DATE, "created_on=created_at closed_on=closed_at"),
            (Kind.TIMESTAMP, "modified_at=updated_at"),
            (Kind.NUMBER, "amount_actual amount_estimated=amount_est"),
            (Kind.CATEGORY, "currency owner=owner_name deal_type lead_source product pipeline competitor=competitor_raw"),
            (Kind.NUMBER, "qualification_score annual_revenue employees"),
            (Kind.CATEGORY, "industry region country account_type"),
        )
        | EXTRAS,
        needs=(("deal_id", "deal_name"), ("status_raw",)),
    ),
    Shape(
        "contacts",
        "contact",
        landing(
            (Kind.IDENTIFIER, "contact_id"),
            (Kind.CATEGORY, "contact_name=full_name first_name last_name account_name title=title_raw department"),
            (Kind.TIMESTAMP, "modified_at=updated_at"),
        ),
        needs=(("contact_id", "full_name", "last_name"), ("title_raw", "email", "first_name")),
        never=frozenset({"topic"}),
    ),
    Shape(
        "accounts",
        "account",
        landing(
            (Kind.IDENTIFIER, "account_id"),
            (Kind.CATEGORY, "account_name industry=industry_raw"),
            (Kind.NUMBER, "annual_revenue employees"),
            (Kind.CATEGORY, "region country account_type"),
            (Kind.TIMESTAMP, "modified_at=updated_at"),
        ),
        needs=(("account_name",), ("account_id", "industry_raw", "annual_revenue", "employees", "region", "phone")),
        never=frozenset({"topic", "job title", "first name"}),
    ),
)


def dynamics365_layout(folder: Folder, variables: Mapping[str, object]) -> Layout:
    """The layout of a folder of exported views. Raises ReadingError with one sentence per thing to mend."""
    layout = crm_layout(folder, variables, "dynamics365", SHAPES, '"Topic" and "Status"')
    notices = [
        f"{reading.file.name} has no column (Do Not Modify) Opportunity: deals are told apart by topic, customer and creation. "
        f"Export with the template for data import to have it."
        for reading in layout.readings
        if reading.object == "deals" and "deal_id" not in reading.bindings
    ]
    return replace(layout, notices=[*layout.notices, *notices])
