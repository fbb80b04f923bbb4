"""The lists a CRM is made of (docs/adding-a-crm.md) agree: a column misspelt there would leave its header unread without a word."""

from __future__ import annotations

import pytest

from python_tests.conftest import ROOT
from winloss.load.aliases import seed_rows
from winloss.load.columns import COLUMNS
from winloss.load.recognition import recognised_crms

COLUMNS_OF = {name: {column.name for column in columns} for name, columns in COLUMNS.items()}
COLUMNS_OF["*"] = COLUMNS_OF["deals"] | COLUMNS_OF["accounts"]
RULED = {row["crm"]: row["name"] for row in seed_rows("crm_rules")}


def test_a_header_that_is_read_fills_a_column_of_its_object() -> None:
    wrong = [
        f"line {line}: {row['crm']}, {row['object']}, {row['canonical_column']}"
        for line, row in enumerate(seed_rows("header_aliases"), start=2)
        if row["is_read"] not in ("true", "false")
        or row["crm"] not in (*RULED, "any")
        or row["object"] not in COLUMNS_OF
        or (row["is_read"] == "true" and row["canonical_column"] not in COLUMNS_OF[row["object"]])
    ]
    assert wrong == [], (
        "seeds/header_aliases.csv: a CRM that is not in seeds/crm_rules.csv, or an object or a column that is not in models/staging/sources.yml"
    )


def test_a_kind_of_file_is_known_by_headers_that_its_crm_writes() -> None:
    written = {(row["crm"], row["object"], row["canonical_column"]) for row in seed_rows("header_aliases")}
    wrong = [
        f"line {line}: {row['crm']}, {row['object']}, {column}"
        for line, row in enumerate(seed_rows("crm_objects"), start=2)
        for column in row["has_one_of_each"].replace("|", " ").split()
        if (row["crm"], row["object"], column) not in written
    ]
    assert wrong == [], (
        "seeds/crm_objects.csv: a column for which seeds/header_aliases.csv has no header of this CRM and object"
    )


@pytest.mark.parametrize("crm", recognised_crms())
def test_a_crm_has_a_guide_and_is_named_where_users_look(crm: str) -> None:
    assert crm in RULED, f"seeds/crm_rules.csv: add a row for {crm}"
    assert (ROOT / "docs" / "exports" / f"{crm}.md").exists(), f"write docs/exports/{crm}.md, as for the other CRMs"
    first_word = RULED[crm].split()[0]
    assert first_word in (ROOT / "README.md").read_text(encoding="utf-8"), (
        f"README.md: name {RULED[crm]} among the CRMs that are recognised"
    )
