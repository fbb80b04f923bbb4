"""Words in files: what only looks different is one, what means nothing is unknown, and what is in another language is understood."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence

import pytest

from python_tests.known_company.project import Project, copy_project


def file_of(columns: str, rows: Sequence[Sequence[object]]) -> str:
    """Rows as CSV under a header of words."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([columns.split(), *rows])
    return text.getvalue()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copy_project(tmp_path_factory.mktemp("words"), seeds=None)


def rates(project: Project, dimension: str) -> dict[str, tuple[int, int]]:
    """Closed and won deals of each segment of a dimension."""
    rows = project.rows(
        f"select segment, closed_deals, won_deals from marts.win_rates_by_dimension where period = 'all' and dimension = '{dimension}'"
    )
    return {segment: (closed, won) for segment, closed, won in rows}


# --- one word in several forms, and the word None ---------------------------------------------------------------------

# An industry, and the forms of it: composed and not, full width, a long dash, a curly apostrophe, an entity, a tag, blanks.
FORMS = {
    "Santé": ["Santé", "Sante\u0301", "SANTE\u0301", "<p>Santé</p>", "Sant&eacute;"],
    "Mid-Market Banking": ["Mid-Market Banking", "Mid–Market  Banking", "Mid-Market\u00a0Banking", "mid-market banking"],
    "Children's Products": ["Children's Products", "Children’s Products", "Children&#039;s Products"],
    "Oil & Gas": ["Oil & Gas", "Oil &amp; Gas", "Oil &#38; Gas", "OIL & GAS"],
    "IT": ["IT", "\uff29\uff34", " it "],
}  # fmt: skip


@pytest.fixture(scope="module")
def forms(project: Project) -> Project:
    """900 deals: 600 on no plan, won at 20%, and 150 on each of two plans, won at 45 and 46%; the forms of the industries take turns."""
    plans = [("None", 600, 120), ("Basic", 150, 67), ("Premium", 150, 69)]
    spellings = [spelling for forms in FORMS.values() for spelling in [forms[0], *forms]]
    deals: list[list[object]] = []
    for plan, count, won in plans:
        for place in range(count):
            number = len(deals)
            tier = ("N/A", "", "Gold")[number % 3]
            source = ("--None--", "keine Angabe", "Web")[number % 3]
            result = "Won" if place < won else "Lost"
            deals.append([number, result, "2025-11-03", spellings[number % len(spellings)], plan, tier, source])
    project.empty_exports()
    project.write("deals.csv", file_of("deal_id outcome closed_on industry support_plan tier lead_source", deals))
    mapping = {
        "files": {"deals": "deals.csv"},
        "columns": {"deals": {name: name for name in ("deal_id", "outcome", "closed_on", "industry", "lead_source")}},
        "dimensions": {"support_plan": "support_plan", "tier": "tier"},
    }
    outcome = project.dbt("build", variables={"crm": "custom", "mapping": mapping, "keep": {"tier": ["N/A"]}})
    assert outcome.exit_code == 0, outcome.shown
    return project


def test_what_only_looks_different_is_one_segment_in_its_commonest_spelling(forms: Project) -> None:
    spellings = [label for label, forms in FORMS.items() for _ in [forms[0], *forms]]
    expected = Counter(spellings[number % len(spellings)] for number in range(900))
    assert {segment: closed for segment, (closed, _) in rates(forms, "industry").items()} == expected


def test_the_word_none_is_a_value_where_it_is_one(forms: Project) -> None:
    assert rates(forms, "support_plan") == {"None": (600, 120), "Basic": (150, 67), "Premium": (150, 69)}


def test_a_word_is_a_value_where_the_settings_keep_it(forms: Project) -> None:
    assert {segment: closed for segment, (closed, _) in rates(forms, "tier").items()} == {
        "N/A": 300, "unknown": 300, "Gold": 300,
    }  # fmt: skip


def test_what_a_form_writes_for_nothing_is_unknown_and_counted(forms: Project) -> None:
    assert {segment: closed for segment, (closed, _) in rates(forms, "lead_source").items()} == {
        "unknown": 600,
        "Web": 300,
    }
    # of the cells that say anything: 900 industries, plans and sources each, and 600 tiers
    [found] = forms.rows("select records, of_records from marts.data_quality_findings where rule_id = 'no_value_word'")
    assert found == (600, 3300)


def test_words_to_keep_in_a_dimension_that_is_not_there_are_refused(project: Project) -> None:
    outcome = project.dbt("build", variables={"crm": "sample", "keep": {"competitors": ["None"]}})
    assert "Setting keep: competitors is no dimension of words. Did you mean competitor?" in outcome.shown
    assert outcome.exit_code == 2
