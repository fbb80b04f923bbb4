"""One word for one thing (docs/glossary.md): no other word for it in a table, a guide, a message or the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from python_tests.known_company.project import ROOT

# What a reader sees, and the word the glossary has for it.
BANNED = {
    r"cut-?offs?": "score threshold",
    r"(qualification )?bar to set|qualification bar": "score threshold",
    r"mend(s|ed|ing)?": "fix",
    r"nobody|somebody": "no one, someone, or the role",
    r"luck": "chance",
    r"drawn towards": "shrunk towards",
    r"than elsewhere|% elsewhere": "in other segments",
    r"(than|with|against|above|below) the rest": "other segments",
    r"the quarter before": "the previous quarter",
    r"data repair": "fix the data",
    r"whoever": "the person who, or the role",
    r"books (that )?(do not )?balance": "row counts that reconcile",
}
WORDS = re.compile(rf"\b({'|'.join(BANNED)})\b", re.IGNORECASE)

# Columns and tables of other names for a term.
COLUMNS = re.compile(
    r"^(attribute|lift|lift_low|lift_high|won|lost|ranking_win_rate|refusal|cut_?off|source_key|who_mends|is_past_changed|said_\w+|rest_\w+)$"
)

PAGES = sorted(
    path
    for pattern in (
        "README.md",
        "STYLE.md",
        "CONTRIBUTING.md",
        "docs/*.md",
        "docs/exports/*.md",
        "models/*.md",
        "seeds/playbook.csv",
    )
    for path in ROOT.glob(pattern)
)
YAMLS = sorted(path for folder in ("models", "seeds", "macros") for path in (ROOT / folder).rglob("*.yml"))
CODE = sorted([*(ROOT / "winloss").rglob("*.py"), *(ROOT / "winloss").rglob("*.j2"), *(ROOT / "models").rglob("*.sql")])


@pytest.mark.parametrize("path", [*PAGES, *YAMLS, *CODE], ids=lambda path: str(path.relative_to(ROOT)))
def test_a_term_has_no_second_word(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    # a key of YAML, a keyword of Python and a quoted pattern are no prose
    found = [
        f"line {number}: {match[0]}"
        for number, line in enumerate(lines, start=1)
        for match in WORDS.finditer(line)
        if f"{match[0]}=" not in line
    ]
    assert found == []


def test_no_column_of_a_mart_has_another_name_for_a_term() -> None:
    wrong = []
    for path in (ROOT / "models").rglob("*.yml"):
        described = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
        for model in described.get("models", []):
            wrong += [
                f"{model['name']}.{column['name']}"
                for column in model.get("columns", [])
                if COLUMNS.match(column["name"])
                # the folded counts that Python is given are no table to read
                and model["name"] != "int_deal_cells"
            ]
    assert wrong == []


def test_every_term_of_the_glossary_that_names_a_table_or_column_is_one() -> None:
    """The third column of the glossary says where a term is met."""
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    named = {
        name
        for row in text.splitlines()
        if row.startswith("| ")
        for name in re.findall(r"`([a-z_.]+)`", row.rsplit("|", 2)[1])
    }
    known = set()
    for path in (ROOT / "models").rglob("*.yml"):
        for model in (yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}).get("models", []):
            known |= {model["name"], *(column["name"] for column in model.get("columns", []))}
            known |= {f"{model['name']}.{column['name']}" for column in model.get("columns", [])}
    assert len(named) > 15
    assert named - known == set()
