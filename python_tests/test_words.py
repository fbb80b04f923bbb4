"""Words in files: what only looks different is one, what means nothing is unknown, and what is in another language is understood."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from python_tests.crm_build import plan_of, rows_of
from python_tests.known_company.project import Project, copy_project
from winloss.load.aliases import seed_rows
from winloss.load.headers import plain
from winloss.load.plan import Request, source_of


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
    outcome = project.build_for(
        "win_rates_by_dimension",
        "data_quality_findings",
        variables={"crm": "custom", "mapping": mapping, "keep": {"tier": ["N/A", "Don't know"]}},
    )
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


# --- a HubSpot account in German, saved by a German spreadsheet, with amounts in several currencies -----------------------

GERMAN = """\
Datensatz-ID;Deal-Name;Deal-Phase;Betrag;Betrag in Unternehmenswährung;Abschlussdatum;Erstellungsdatum;\
Ist der Deal abgeschlossen?;Ist abgeschlossen und gewonnen;Grund für „Geschlossen & verloren“
1;A;Unterschrieben;10.000,00 €;10000;08. Okt. 2025;1. März 2025;WAHR;WAHR;
2;B;Abgesagt;US$ 12.222,00;11000;12. Dez. 2025;2. Mai 2025;WAHR;FALSCH;Preis zu hoch
3;C;5. Abschluss erfolgreich (Vertriebspipeline);2.000.000 ¥;12000;15. November 2025;3. Juni 2025;;;
4;D;Abschluss nicht erfolgreich (Vertriebspipeline);1.000.000.000.000.000 €;1000000000000000;3. Oktober 2025;4. Juli 2025;;;Kein Budget
5;E;Unterschrieben;5,00 €;5;3. Oktober 2025;4. Juli 2025;vielleicht;vielleicht;
6;F;Abgerechnet;5,00 €;5;3. Oktober 2025;4. Juli 2025;;;
7;G;Abgerechnet;5,00 €;5;3. Oktober 2025;4. Juli 2025;;;
"""


@pytest.fixture(scope="module")
def german(project: Project, forms: Project) -> Project:
    """Built after the other company, which must be asked before."""
    assert forms is project
    project.empty_exports()
    project.write("hubspot-crm-exports-alle-deals.csv", GERMAN)
    outcome = project.build_for("fct_deals", "rejected_records", "win_rate_baseline", "value_by_currency")
    assert outcome.exit_code == 0, outcome.shown
    return project


def test_an_export_in_german_is_recognised_and_its_outcomes_are_understood(german: Project) -> None:
    assert german.rows("select crm from landing.loads") == [("hubspot",)]
    found = german.rows("select outcome, closed_on, loss_reason_category from marts.fct_deals order by closed_on")
    assert [(outcome, f"{closed_on:%Y-%m-%d}", reason) for outcome, closed_on, reason in found] == [
        ("lost", "2025-10-03", "no_budget"),
        ("won", "2025-10-08", None),
        ("won", "2025-11-15", None),
        ("lost", "2025-12-12", "price"),
    ]


def test_what_is_neither_yes_nor_no_is_not_blamed_on_the_stage(german: Project) -> None:
    [(reason,)] = german.rows("select reason from marts.rejected_records where rule_id = 'unreadable_flag'")
    assert reason == "Ist der Deal abgeschlossen? is not a yes or no"


def test_an_unknown_stage_is_told_with_its_deals_and_the_choice(german: Project) -> None:
    reasons = german.rows("select distinct reason from marts.rejected_records where rule_id = 'unknown_outcome'")
    assert reasons == [
        (
            'stage "Abgerechnet" of 2 deals is not in seeds/stage_map.csv; add the line  '
            "hubspot,Abgerechnet,won|lost|open|disqualified  with the one that is right",
        )
    ]


def test_amounts_in_several_currencies_count_as_the_crm_converted_them(german: Project) -> None:
    [row] = german.rows(
        "select won_amount, lost_amount, value_currency, value_missing_reason from marts.win_rate_baseline where period = 'all'"
    )
    assert row == (22_000, 1_000_000_000_011_000, "company currency", None)


def test_currencies_are_told_apart_by_the_signs_in_their_cells(german: Project) -> None:
    rows = german.rows("select currency, won_amount, lost_amount from marts.value_by_currency where period = 'all'")
    # a sign that several currencies share stays one
    assert sorted(rows) == [("EUR", 10_000, 1e15), ("USD", None, 12_222), ("¥", 2_000_000, None)]


# --- what the loader alone decides ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ("VERDADEIRO", "FALSO"), ("WAAR", "ONWAAR"), ("VERO", "FALSO"), ("PRAWDA", "FAŁSZ"), ("SANT", "FALSKT"), ("SAND", "FALSK"),
        ("SANN", "USANN"), ("TOSI", "EPÄTOSI"), ("PRAVDA", "NEPRAVDA"), ("IGAZ", "HAMIS"), ("Sì", "No"), ("Tak", "Nie"), ("はい", "いいえ"),
        ("Sim", "Na\u0303o"),
    ],
)  # fmt: skip
def test_yes_and_no_are_read_in_many_languages(tmp_path: Path, yes: str, no: str) -> None:
    text = f"Id,StageName,IsClosed,IsWon\n1,x,{yes},{no}\n2,x,{no},maybe\n"
    rows = rows_of(plan_of(tmp_path, "salesforce", {"Opportunity.csv": text}), "deals")
    assert [(row["is_closed"], row["is_won"]) for row in rows] == [("true", "false"), ("false", "maybe")]


# A date as its language writes it, and the day it is.
DATES = {
    "09. Mai 2025": "2025-05-09", "1. Dez. 2025": "2025-12-01", "3. März 2025": "2025-03-03", "10 Mrz 25": "2025-03-10",
    "31 août 2025": "2025-08-31", "08 juil. 2025": "2025-07-08", "1er févr. 2025": "2025-02-01", "jeudi 8 juillet 2025": "2025-07-08",
    "12 out 2025": "2025-10-12", "5 de septiembre de 2025": "2025-09-05", "7 ene 2025": "2025-01-07", "30 set 2025": "2025-09-30",
    "3 ott 2025": "2025-10-03", "ottobre 3, 2025": "2025-10-03", "4 mrt 2025": "2025-03-04", "8. lipca 2025": "2025-07-08",
    "2. października 2025": "2025-10-02", "9. maj 2025": "2025-05-09", "9. des. 2025": "2025-12-09", "5. října 2025": "2025-10-05",
    "2025. július 8.": "2025-07-08", "2025年12月31日": "2025-12-31", "2025年5月9日 10:00": "2025-05-09", "2025년 3월 4일": "2025-03-04",
    "Oct 5, 2025": "2025-10-05", "5-Oct-25": "2025-10-05", "28 mars 2025 à 10:00": "2025-03-28",
}  # fmt: skip


def test_months_are_read_in_the_languages_of_the_exports(tmp_path: Path) -> None:
    lines = "".join(f'{number},x,"{text}"\n' for number, text in enumerate(DATES))
    plan = plan_of(tmp_path, "salesforce", {"Opportunity.csv": f"Id,StageName,CloseDate\n{lines}"})
    assert {text: row["closed_on"] for text, row in zip(DATES, rows_of(plan, "deals"), strict=True)} == DATES


def test_a_word_that_is_no_month_stays_for_the_line_to_be_rejected(tmp_path: Path) -> None:
    text = "Id,StageName,CloseDate\n1,x,5 Okt 2025\n2,x,5 Foo 2025\n3,x,30 Feb 2025\n"
    rows = rows_of(plan_of(tmp_path, "salesforce", {"Opportunity.csv": text}), "deals")
    assert [row["closed_on"] for row in rows] == ["2025-10-05", "5 Foo 2025", "30 Feb 2025"]


def test_no_name_of_a_month_means_two_and_no_word_both_yes_and_no() -> None:
    for seed, key in (("month_words", "word"), ("boolean_words", "word"), ("currency_signs", "sign")):
        words = [row[key] for row in seed_rows(seed)]
        assert len(set(words)) == len(words) > 30, seed


# First lines as the CRMs write them in other languages, a line below, and what is read from it.
FILES = {
    "salesforce": (
        "Opportunity-ID,Opportunity-Name,Accountname,Phase,Betrag,Schlusstermin,Erstellt am,Geschlossen,Gewonnen,Typ\n"
        "006A0000001,X,Acme,Fertig,5,31.12.2025,1.12.2025,Ja,Nein,Neu\n",
        {"stage": "Fertig", "closed_on": "2025-12-31", "is_closed": "true", "is_won": "false", "deal_type": "Neu"},
    ),
    "hubspot": (
        "ID del record,Nome della trattativa,Fase della trattativa,Pipeline,Importo,Data di chiusura,Data di creazione,Proprietario della trattativa\n"
        "1,X,Chiuso vinto,Vendite,5,2025-12-31,2025-12-01,Ann\n",
        {"deal_id": "1", "stage": "Chiuso vinto", "pipeline": "Vendite", "amount": "5", "closed_on": "2025-12-31"},
    ),
    "pipedrive": (
        "Trato - ID,Trato - Título,Trato - Valor,Trato - Moneda,Trato - Estado,Trato - Etapa,Trato - Trato creado,Trato - Motivo de la pérdida\n"
        "1,X,5,EUR,Perdido,Propuesta,2025-12-01,Precio\n",
        {"deal_id": "1", "outcome": "Perdido", "currency": "EUR", "created_on": "2025-12-01", "loss_reason": "Precio"},
    ),
    "dynamics365": (
        "(Ne pas modifier) Opportunité,Rubrique,Client potentiel,Statut,Raison du statut,Chiffre d\u2019affaires estimé,Date de fermeture réelle\n"
        "a1,X,Acme,Perdue,Annulé,5,31/12/2025\n",
        {"deal_id": "a1", "outcome": "Perdue", "status_reason": "Annulé", "amount_estimated": "5", "closed_on": "2025-12-31"},
    ),
    "zoho": (
        "データID,商談名,取引先名,ステージ,総額,完了予定日,作成日時,失注の理由\n1,X,Acme,受注,5,2025年12月31日,2025-12-01 10:00,価格\n",
        {"deal_id": "1", "stage": "受注", "amount": "5", "closed_on": "2025-12-31", "loss_reason": "価格"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("crm", FILES)
def test_headers_in_other_languages_are_recognised(tmp_path: Path, crm: str) -> None:
    text, expected = FILES[crm]
    plan = plan_of(tmp_path, crm, {"export.csv": text})
    request = Request("", str(tmp_path / "exports"), str(tmp_path / "private" / "w.duckdb"))
    assert source_of(request).crm == crm
    [row] = rows_of(plan, "deals")
    assert {name: row[name] for name in expected} == expected


def test_headers_that_only_look_different_are_the_same() -> None:
    assert plain("Grund für „Geschlossen –  verloren“*") == plain('GRUND FU\u0308R "geschlossen - verloren"')
    assert plain("Chiffre d\u2019affaires") == plain("chiffre d'affaires")
