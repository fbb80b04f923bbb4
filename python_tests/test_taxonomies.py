"""Titles, loss reasons, win factors and buying roles, each read by the real models from real export files.

`*_tests.csv` guard the rules: rules and strings were written together. `*_blind_tests.csv` measure them: the expected
class was written down before the rules saw the string. What is still misread there is marked `known_misread`; the marks
may only become fewer.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from python_tests.known_company.project import (
    CONTACT_COLUMNS,
    DEAL_COLUMNS,
    LINK_COLUMNS,
    ROOT,
    Outcome,
    Project,
    copy_project,
    csv_text,
    plain_mapping,
    read_csv,
)

FIXTURES = Path(__file__).parent / "fixtures" / "taxonomy"
TITLES = read_csv(FIXTURES / "title_tests.csv")
BLIND_TITLES = read_csv(FIXTURES / "title_blind_tests.csv")
REASONS = read_csv(FIXTURES / "loss_reason_tests.csv")
BLIND_REASONS = read_csv(FIXTURES / "loss_reason_blind_tests.csv")
# common words in seven languages, as a speaker would file them
TITLES_BY_LANGUAGE = read_csv(FIXTURES / "titles_by_language.csv")
REASONS_BY_LANGUAGE = read_csv(FIXTURES / "loss_reasons_by_language.csv")
VARIABLES = plain_mapping(also=["contacts", "deal_contacts"])
READERS = {
    "loss_reason_rules": "int_loss_reasons",
    "loss_reason_overrides": "int_loss_reasons",
    "title_seniority_rules": "int_titles",
}
MODELS = ("int_titles", "int_loss_reasons", "int_unmapped_loss_reasons", "int_win_factors", "int_buying_roles")

Row = dict[str, str]

# Stated roles, with what Salesforce, HubSpot and others mean by them; None: the words state no role.
ROLES: dict[str, tuple[str, str | None] | None] = {
    "Business User": ("end_user", None),
    "Decision Maker": ("decision_maker", None),
    "Economic Buyer": ("economic_buyer", None),
    "Economic Decision Maker": ("economic_buyer", None),
    "Evaluator": ("technical_evaluator", None),
    "Executive Sponsor": ("executive_sponsor", None),
    "Influencer": ("influencer", None),
    "Technical Buyer": ("technical_evaluator", None),
    "Other": ("other", None),
    "BUDGET_HOLDER": ("economic_buyer", None),
    "CHAMPION": ("champion", None),
    "DECISION_MAKER": ("decision_maker", None),
    "END_USER": ("end_user", None),
    "EXECUTIVE_SPONSOR": ("executive_sponsor", None),
    "INFLUENCER": ("influencer", None),
    "LEGAL_AND_COMPLIANCE": ("legal_compliance", None),
    "BLOCKER": ("blocker", None),
    "OTHER": ("other", None),
    "economic_buyer": ("economic_buyer", None),
    "technical_evaluator": ("technical_evaluator", None),
    "Purchasing": ("procurement", None),
    "Entscheider": ("decision_maker", None),
    "Coach": ("champion", None),
    "DECISION_MAKER;CHAMPION;INFLUENCER": ("champion", "decision_maker, influencer"),
    "Friend of the founder": ("other", None),
    "n/a": None,
    "--None--": None,
}
FACTORS: dict[str, list[str]] = {
    "strong_champion; urgent_need; budget_approved; good_fit": [
        "budget_approved",
        "good_fit",
        "strong_champion",
        "urgent_need",
    ],
    "competitive_price, fast_sales_cycle | executive_sponsorship": [
        "competitive_price",
        "executive_sponsorship",
        "fast_sales_cycle",
    ],
    "Budget was approved and the CEO pushed it": ["budget_approved", "executive_sponsorship"],
    "Best price; lunch": ["competitive_price", "other"],
    "Other": ["other"],
    "N/A": [],
}


def build(project: Project, *more: str) -> Outcome:
    selected = [f"+{model}" for model in MODELS]
    return project.dbt("build", "--select", *selected, "--exclude-resource-type", "test", *more, variables=VARIABLES)


def write_exports(project: Project, titles: list[str], reasons: list[str]) -> None:
    """One lost deal for each reason, one won deal for each text of win factors, one contact for each title."""
    deals: list[dict[str, Any]] = [
        {"deal_id": f"lost{n}", "outcome": "lost", "closed_on": "2025-11-10", "loss_reason": reason}
        for n, reason in enumerate(reasons)
    ]
    deals += [
        {"deal_id": f"won{n}", "outcome": "won", "closed_on": "2025-11-10", "win_factors": factors}
        for n, factors in enumerate(FACTORS)
    ]
    contacts = [{"contact_id": f"c{n}", "title": title} for n, title in enumerate(titles)]
    links = [{"deal_id": "won0", "contact_id": f"c{n}", "buying_role": role} for n, role in enumerate(ROLES)]
    project.empty_exports()
    project.write("deals.csv", csv_text(DEAL_COLUMNS, deals))
    project.write("contacts.csv", csv_text(CONTACT_COLUMNS, contacts))
    project.write("deal_contacts.csv", csv_text(LINK_COLUMNS, links))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = copy_project(tmp_path_factory.mktemp("taxonomies") / "project", seeds=None)
    write_exports(
        made,
        [row["title"] for row in [*TITLES, *BLIND_TITLES, *TITLES_BY_LANGUAGE]],
        [row["loss_reason"] for row in [*REASONS, *BLIND_REASONS, *REASONS_BY_LANGUAGE]],
    )
    outcome = build(made)
    assert outcome.exit_code == 0, outcome.shown
    return made


def misread_titles(project: Project, rows: list[Row]) -> dict[str, str]:
    """Titles read otherwise than the row says, with what they were read as. A blank title has no row and is unknown."""
    read = {
        title: rest for title, *rest in project.rows("select title, seniority, department from intermediate.int_titles")
    }
    found = {row["title"]: read.get(row["title"].strip(), ["unknown", "unknown"]) for row in rows}
    return {
        row["title"]: " ".join(found[row["title"]])
        for row in rows
        if found[row["title"]] != [row["seniority"], row["department"]]
    }


def misread_reasons(project: Project, rows: list[Row]) -> dict[str, str]:
    read = dict(project.rows("select loss_reason, category from intermediate.int_loss_reasons where is_primary"))
    found = {row["loss_reason"]: read.get(row["loss_reason"].strip(), "unspecified") for row in rows}
    return {
        row["loss_reason"]: found[row["loss_reason"]] for row in rows if found[row["loss_reason"]] != row["category"]
    }


def known(rows: list[Row], column: str) -> set[str]:
    return {row[column] for row in rows if row["known_misread"] == "true"}


def test_every_title_of_the_rules_own_tests_is_read_right(project: Project) -> None:
    assert len(TITLES) >= 106
    assert misread_titles(project, TITLES) == {}


def test_every_loss_reason_of_the_rules_own_tests_is_read_right(project: Project) -> None:
    assert len(REASONS) >= 59
    assert misread_reasons(project, REASONS) == {}, (
        "wordings and what is read: of the rules that match, the one with the lowest priority number decides"
    )


def test_titles_of_other_origins_are_misread_only_where_known(project: Project) -> None:
    assert len(BLIND_TITLES) == 408
    assert set(misread_titles(project, BLIND_TITLES)) == known(BLIND_TITLES, "title")


def test_loss_reasons_of_other_origins_are_misread_only_where_known(project: Project) -> None:
    assert len(BLIND_REASONS) == 281
    assert set(misread_reasons(project, BLIND_REASONS)) == known(BLIND_REASONS, "loss_reason")


def test_titles_are_read_in_seven_languages(project: Project) -> None:
    assert len({row["language"] for row in TITLES_BY_LANGUAGE}) == 7
    assert misread_titles(project, TITLES_BY_LANGUAGE) == {}


def test_loss_reasons_are_read_in_seven_languages(project: Project) -> None:
    assert len({row["language"] for row in REASONS_BY_LANGUAGE}) == 7
    assert misread_reasons(project, REASONS_BY_LANGUAGE) == {}


def test_titles_and_reasons_keep_their_grain(project: Project) -> None:
    assert project.rows("select title from intermediate.int_titles group by title having count(*) > 1") == []
    assert (
        project.rows("select loss_reason, category from intermediate.int_loss_reasons group by all having count(*) > 1")
        == []
    )
    primaries = "select loss_reason from intermediate.int_loss_reasons group by all having count(*) filter (where is_primary) != 1"
    assert project.rows(primaries) == []
    stated = "select count(distinct loss_reason) from staging.stg_deals"
    assert project.rows(stated) == project.rows("select count(distinct loss_reason) from intermediate.int_loss_reasons")


def test_no_title_makes_a_champion_or_a_blocker(project: Project) -> None:
    roles = {role for (role,) in project.rows("select distinct inferred_buying_role from intermediate.int_titles")}
    assert len(roles) > 6
    assert roles.isdisjoint({"champion", "blocker", "unknown", "other"})


def test_roles_are_inferred_as_documented(project: Project) -> None:
    expected = {
        "EVP & CFO": "economic_buyer",
        "CEO/Owner": "economic_buyer",
        "Procurement Director": "procurement",
        "General Counsel": "legal_compliance",
        "VP Sales": "decision_maker",
        "Head of RevOps": "influencer",
        "IT Manager": "technical_evaluator",
        "Marketing Manager": "end_user",
        "Vice President": "influencer",
        "Executive Assistant to the CEO": None,
        "Former Head of Procurement": None,
        "Intern": None,
        "Octopus Wrangler": None,
    }
    read = dict(project.rows("select title, inferred_buying_role from intermediate.int_titles"))
    assert {title: read[title] for title in expected} == expected


def test_personas_have_the_names_people_use(project: Project) -> None:
    expected = {
        "V.P. Sales": "VP Sales",
        "Chief Executive Officer": "CEO",
        "CEO & Founder": "Owner or founder",
        "Co-Founder and CTO": "Owner or founder (Engineering)",
        "EVP & CFO": "CFO",
        "Head of RevOps": "Head of Revenue Operations",
        "Director": "Director (department unknown)",
        "Company Secretary": "Legal and Compliance (level unknown)",
        "CEO's Assistant": "Assistant",
        "Octopus Wrangler": "unknown",
    }
    read = dict(project.rows("select title, persona from intermediate.int_titles"))
    assert {title: read[title] for title in expected} == expected


def test_a_title_says_which_rule_read_it(project: Project) -> None:
    rows = project.rows(
        "select count(*) from intermediate.int_titles where (seniority = 'unknown') is distinct from (seniority_rule is null)"
        " or (department_rule is null and department != 'unknown')"
    )
    assert rows == [(0,)]


def test_buying_roles_of_every_crm_are_known(project: Project) -> None:
    read = {role: (known, further) for role, known, further in project.rows("from intermediate.int_buying_roles")}
    assert read == {role: expected for role, expected in ROLES.items() if expected}


def test_win_factors_are_taken_apart(project: Project) -> None:
    read: dict[str, list[str]] = {}
    for factors, factor in project.rows(
        "select win_factors, win_factor from intermediate.int_win_factors order by all"
    ):
        read.setdefault(factors, []).append(factor)
    assert read == {factors: expected for factors, expected in FACTORS.items() if expected}


def test_what_nobody_knows_is_listed_for_the_user_to_map(project: Project) -> None:
    listed = {reason: counts for reason, *counts in project.rows("from intermediate.int_unmapped_loss_reasons")}
    assert listed["Lost on a Tuesday"] == [1, 1]
    assert {"Other", "N/A", "Price"}.isdisjoint(listed)


# ---------------------------------------------------------------- what a user edits


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = copy_project(tmp_path_factory.mktemp("edited") / "project", seeds=None)
    write_exports(made, ["VP Sales"], ["Phase 2", "Price"])
    return made


@pytest.fixture
def edited(copied: Project) -> Iterator[Project]:
    """A project whose taxonomy seeds a test may spoil; they are put right again after it."""
    yield copied
    for seed in (ROOT / "seeds" / "taxonomy").glob("*.csv"):
        shutil.copy(seed, copied.folder / "seeds" / "taxonomy" / seed.name)


def test_models_compile_before_anything_is_built_and_build_empty(edited: Project) -> None:
    compiled = edited.dbt("compile", "--select", *MODELS, variables=VARIABLES)
    assert compiled.exit_code == 0, compiled.shown
    emptied = build(edited, "--empty")
    assert emptied.exit_code == 0, emptied.shown
    assert edited.rows("select count(*) from intermediate.int_titles") == [(0,)]


def test_a_mapping_of_the_users_own_beats_the_rules(edited: Project) -> None:
    (edited.folder / "seeds/taxonomy/loss_reason_overrides.csv").write_text(
        "stated_reason,category\nphase 2,timing\nPRICE,no_budget\n"
    )
    assert build(edited).exit_code == 0
    rows = edited.rows("select loss_reason, category, matched_by from intermediate.int_loss_reasons order by all")
    assert rows == [("Phase 2", "timing", "override"), ("Price", "no_budget", "override")]
    assert edited.rows("from intermediate.int_unmapped_loss_reasons") == []


def test_an_apostrophe_in_a_rule_is_a_letter_of_it(edited: Project) -> None:
    with (edited.folder / "seeds" / "taxonomy" / "loss_reason_rules.csv").open("a", encoding="utf-8") as file:
        file.write("500,d'accord,price,\n")
    outcome = build(edited)
    assert outcome.exit_code == 0, outcome.shown


@pytest.mark.parametrize(
    ("seed", "line", "said"),
    [
        (
            "loss_reason_rules",
            "500,tuesday,competitr,",
            "column category: 'competitr' is not known. Use one of champion_left, competitor,",
        ),
        ("loss_reason_rules", '500,"\\b(tuesday",price,', "column pattern: '\\b(tuesday' is not a regular expression"),
        ("loss_reason_rules", "30,tuesday,price,", "the rule with priority 30: there are two"),
        ("title_seniority_rules", "500,,vp,false,", "column pattern: '' is not a regular expression"),
        (
            "loss_reason_overrides",
            "Phase 2,tuesday",
            "loss_reason_overrides.csv: tuesday is not a category of seeds/taxonomy/loss_reason_categories.csv",
        ),
    ],
    ids=[
        "a category that does not exist",
        "a bracket left open",
        "a priority twice",
        "no pattern",
        "an override to nowhere",
    ],
)
def test_a_mistake_in_a_seed_is_named(edited: Project, seed: str, line: str, said: str) -> None:
    with (edited.folder / "seeds" / "taxonomy" / f"{seed}.csv").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    outcome = edited.dbt("build", "--select", "path:seeds/taxonomy", READERS[seed], variables=VARIABLES)
    assert outcome.failed == [READERS[seed]]
    assert f"seeds/taxonomy/{seed}.csv" in outcome.shown
    assert said in outcome.shown
