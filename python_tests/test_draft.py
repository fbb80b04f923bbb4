"""A mapping drafted for files of no known CRM: at most three lines of it are to be corrected, whatever the layout."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from winloss.load.check import FINE, preview
from winloss.load.draft import draft
from winloss.load.draft_text import lines_to_look_at, mapping_lines, suggested_mapping

# a file or a process to each test
pytestmark = pytest.mark.long

Layout = tuple[dict[str, str], dict[str, object]]


def lines(header: str, form: str, count: int, **lists: list[str]) -> str:
    """`count` lines under a header; each list gives its words in turn, {n} is the number of the line, {day} a day of its own."""
    made = [
        form.format(
            n=n,
            day=f"2025-{n % 9 + 1:02}-{n % 27 + 1:02}",
            later=f"2025-{n % 9 + 4:02}-{n % 27 + 1:02}",
            tag=f"{n % 27 + 1}.{n % 9 + 1}.2025",
            spaeter=f"{n % 27 + 1}.{n % 9 + 4}.2025",
            **{name: words[n % len(words)] for name, words in lists.items()},
        )
        for n in range(1, count + 1)
    ]
    return "\n".join([header, *made]) + "\n"


def star() -> Layout:
    """Deals that lead to items, and items to products; the items hold more lines than the deals."""
    deals = lines(
        "deal_no,customer,item,result,decided,value,salesperson", "D{n},Firm {f},I{i},{r},{day},{n}00,{p}", 40,
        f=list("abcdefg"), i=["1", "2", "3", "4"], r=["Won", "Lost", "Lost", "Won", "Pending"], p=["Ann", "Bob", "Cy"],
    )  # fmt: skip
    items = lines("item,product_id,list_price", "I{n},{p},{n}0", 90, p=["10", "20", "30"])
    products = "product_id,family\n10,Sensors\n20,Sensors\n30,Gateways\n"
    return {"deals_all.csv": deals, "items.csv": items, "products.csv": products}, {
        "files": {"deals": "deals_all.csv"},
        "lookups": [
            {"object": "deals", "file": "items.csv", "key": "item"},
            {"object": "deals", "file": "products.csv", "key": "product_id"},
        ],
        "columns": {
            "deals": {
                "deal_id": "deal_no", "account_id": "customer", "outcome": "result", "closed_on": "decided", "amount": "value",
                "owner": "salesperson",
            }
        },
        "outcomes": {"won": ["Won"], "lost": ["Lost"], "open": ["Pending"], "disqualified": []},
        "dimensions": {"family": "family"},
    }  # fmt: skip


def german_flat_file() -> Layout:
    """One line a deal, in German, with the contact on it and money in thousands."""
    flat = lines(
        "Vorgangsnummer;Kunde;Status;Angelegt am;Abgeschlossen am;Auftragswert (T€);Verlustgrund;Branche;Funktion;Vertriebsgebiet",
        "V-{n};Kunde {f};{r};{tag};{spaeter};{n},50;{g};{b};{t};{v}", 40,
        f=list("abcdefgh"), r=["Gewonnen", "Verloren", "Verloren"], g=["", "Preis", "Zeitpunkt"], b=["Handel", "Chemie"],
        t=["Geschäftsführer", "Einkaufsleiter"], v=["Nord", "Süd"],
    )  # fmt: skip
    return {"Auswertung.csv": flat}, {
        "files": {"deals": "Auswertung.csv", "contacts": "Auswertung.csv", "deal_contacts": "Auswertung.csv"},
        "columns": {
            "deals": {
                "deal_id": "Vorgangsnummer", "account_id": "Kunde", "outcome": "Status", "created_on": "Angelegt am",
                "closed_on": "Abgeschlossen am", "amount": {"header": "Auftragswert (T€)", "multiply_by": 1000}, "loss_reason": "Verlustgrund",
                "industry": "Branche", "region": "Vertriebsgebiet",
            },
            "contacts": {"title": "Funktion"},
            "deal_contacts": {"deal_id": "Vorgangsnummer"},
        },
        "outcomes": {"won": ["Gewonnen"], "lost": ["Verloren"], "open": [], "disqualified": []},
    }  # fmt: skip


def french_files() -> Layout:
    """Deals, companies and the history of stages, in French; the history says won and lost as well, on more lines."""
    deals = lines(
        "Référence,Société,Étape,Date de création,Date de clôture,Montant,Commercial,Origine", "A{n},Soc {f},{r},{day},{later},{n}000,{p},{o}", 40,
        f=list("abcdefgh"), r=["Gagnée", "Perdue", "En cours"], p=["Anne", "Luc"], o=["Salon", "Site web"],
    )  # fmt: skip
    companies = lines(
        "Société,Secteur,Effectif,Pays",
        "Soc {f},{s},{n}0,{c}",
        8,
        f=list("abcdefgh"),
        s=["Banque", "Santé"],
        c=["France", "Suisse"],
    )
    history = lines(
        "Référence,Étape,Date",
        "A{k},{r},{day}",
        40,
        k=[str(n) for n in range(1, 21)],
        r=["En cours", "Gagnée", "Perdue"],
    )
    return {"affaires.csv": deals, "sociétés.csv": companies, "historique.csv": history}, {
        "files": {"deals": "affaires.csv", "accounts": "sociétés.csv", "stage_history": "historique.csv"},
        "columns": {
            "deals": {
                "deal_id": "Référence", "account_id": "Société", "outcome": "Étape", "created_on": "Date de création",
                "closed_on": "Date de clôture", "amount": "Montant", "owner": "Commercial", "lead_source": "Origine",
            },
            "accounts": {"account_id": "Société", "industry": "Secteur", "employees": "Effectif", "country": "Pays"},
            "stage_history": {"deal_id": "Référence", "stage": "Étape", "entered_on": "Date"},
        },
        "outcomes": {"won": ["Gagnée"], "lost": ["Perdue"], "open": ["En cours"], "disqualified": []},
    }  # fmt: skip


def without_ids() -> Layout:
    """A spreadsheet without numbers of deals, with words for the outcome that no list has."""
    sheet = lines(
        "Customer,How it ended,Decision date,Contract value,Account executive,Sector,Headcount,Why lost,Contract length",
        "Firm {f},{r},{day},{n}000,{p},{s},{n}0,{g},{l}", 40,
        f=list("abcdefgh"), r=["Signed", "Chose other vendor", "Chose other vendor", "Junk lead"], p=["Ann", "Bob"], s=["Retail", "Energy"],
        g=["", "Price", "Timing"], l=["1 year", "3 years"],
    )  # fmt: skip
    return {"tracker 2025.csv": sheet}, {
        "files": {"deals": "tracker 2025.csv"},
        "columns": {
            "deals": {
                "deal_id": {"line_number": True}, "account_id": "Customer", "outcome": "How it ended", "closed_on": "Decision date",
                "amount": "Contract value", "owner": "Account executive", "industry": "Sector", "employees": "Headcount", "loss_reason": "Why lost",
            }
        },
        "outcomes": {"won": ["Signed"], "lost": ["Chose other vendor"], "open": [], "disqualified": ["Junk lead"]},
        "dimensions": {"contract_length": "Contract length"},
    }  # fmt: skip


def among_others() -> Layout:
    """Deals among larger files with a status and dates of their own; accounts state their revenue in millions, contacts reach the deals by accounts."""
    deals = lines(
        "Id,AccountNumber,Sales Stage,Opened,Closed,Expected close,ACV,Rep,Channel,Score", "{n},K{f},{r},{day},{later},{later},{n}000,{p},{c},{n}", 40,
        f=["1", "2", "3", "4", "5"], r=["Closed Won", "Closed Lost", "Negotiation", "Closed Lost"], p=["Ann", "Bob"], c=["Partner", "Direct"],
    )  # fmt: skip
    tasks = lines(
        "Id,Status,Created,Owner,Type",
        "{n},{s},{day},{p},{t}",
        200,
        s=["Open", "Done", "Won over"],
        p=["Ann", "Bob"],
        t=["Call", "Mail"],
    )
    leads = lines(
        "Id,Status,Created,Company,Source",
        "{n},{s},{day},Firm {n},{c}",
        150,
        s=["Open", "Qualified", "Lost"],
        c=["Web", "Fair"],
    )
    accounts = lines(
        "AccountNumber,Name,Vertical,Revenue,Staff,Country",
        "K{n},Firm {n},{v},{n}2.5,{n}00,{c}",
        5,
        v=["Bank", "Retail"],
        c=["US", "CA"],
    )
    people = lines(
        "Contact No,AccountNumber,Job title,Department",
        "C{n},K{f},{t},{d}",
        20,
        f=["1", "2", "3"],
        t=["CFO", "Buyer"],
        d=["Finance", "Purchasing"],
    )
    return {"opps.csv": deals, "tasks.csv": tasks, "leads.csv": leads, "clients.csv": accounts, "people.csv": people}, {
        "files": {"deals": "opps.csv", "accounts": "clients.csv", "contacts": "people.csv"},
        "columns": {
            "deals": {
                "deal_id": "Id", "account_id": "AccountNumber", "outcome": "Sales Stage", "created_on": "Opened", "closed_on": "Closed", "amount": "ACV",
                "owner": "Rep", "lead_source": "Channel", "qualification_score": {"header": "Score", "multiply_by": 0.01},
            },
            "accounts": {
                "account_id": "AccountNumber", "industry": "Vertical", "annual_revenue": {"header": "Revenue", "multiply_by": 1000000}, "employees": "Staff",
                "country": "Country",
            },
            "contacts": {"contact_id": "Contact No", "account_id": "AccountNumber", "title": "Job title", "department": "Department"},
        },
        "outcomes": {"won": ["Closed Won"], "lost": ["Closed Lost"], "open": ["Negotiation"], "disqualified": []},
    }  # fmt: skip


def two_exports_and_a_flag() -> Layout:
    """Deals of two quarters in two files, in Spanish, won or not by a flag; competitors and the people on deals in files of their own."""
    header, form = "Número,Cliente,Ganado,Fecha de cierre,Importe,Sector", 'N{n},Cl {f},{r},{tag},"{n}.500,00",{s}'
    first = lines(header, form, 30, f=list("abcd"), r=["Sí", "No", "No"], s=["Banca", "Salud"])
    people = lines(
        "Número,Cargo,Rol",
        "N{k},{c},{r}",
        40,
        k=[str(n) for n in range(1, 31)],
        c=["Director", "Jefe de compras"],
        r=["decisor", "usuario"],
    )
    rivals = lines("Número,Competidor", "N{k},{c}", 20, k=[str(n) for n in range(1, 31)], c=["Acme", "Zeta"])
    return {"cierres T1.csv": first, "cierres T2.csv": first.replace("N1", "P1"), "personas.csv": people, "rivales.csv": rivals}, {
        "files": {
            "deals": ["cierres T1.csv", "cierres T2.csv"], "contacts": "personas.csv", "deal_contacts": "personas.csv", "deal_competitors": "rivales.csv",
        },
        "columns": {
            "deals": {
                "deal_id": "Número", "account_id": "Cliente", "outcome": "Ganado", "closed_on": "Fecha de cierre", "amount": "Importe", "industry": "Sector",
            },
            "contacts": {"title": "Cargo"},
            "deal_contacts": {"deal_id": "Número", "buying_role": "Rol"},
            "deal_competitors": {"deal_id": "Número", "competitor": "Competidor"},
        },
        "outcomes": {"won": ["Sí"], "lost": ["No"], "open": [], "disqualified": []},
    }  # fmt: skip


def days_instead_of_dates() -> Layout:
    """No id and no date: how many days each deal took, letters for won and lost, money in thousands; two columns begin like an id."""
    deals = lines(
        "Account,Result,Days to close,Deal size ($k),Rep,Why lost", "Firm {f},{r},{n},{n},{p},{w}", 40,
        f=list("abc"), r=["W", "L", "L", "Pending"], p=["Ann", "Bob"], w=["price", "timing"],
    )  # fmt: skip
    return {"log.csv": deals}, {
        "files": {"deals": "log.csv"},
        "columns": {
            "deals": {
                "deal_id": {"line_number": True}, "account_id": "Account", "outcome": "Result", "cycle_days": "Days to close",
                "amount": {"header": "Deal size ($k)", "multiply_by": 1000}, "owner": "Rep", "loss_reason": "Why lost",
            }
        },
        "outcomes": {"won": ["W"], "lost": ["L"], "open": ["Pending"], "disqualified": []},
    }  # fmt: skip


def days_of_winning_and_losing() -> Layout:
    """Numbered stages for the outcome, and a column for the day of each kind of end."""
    deals = lines(
        "ID,Company,Phase,Created,Won date,Lost date,TCV,AE", "{n},Firm {f},{r},{day},{w},{v},{n}00,{p}", 40,
        f=list("abc"), r=["7 - Closed Lost", "6 - Closed Won"], w=["", "2025-12-01"], v=["2025-12-02", ""], p=["Ann", "Bob"],
    )  # fmt: skip
    return {"pipeline.csv": deals}, {
        "files": {"deals": "pipeline.csv"},
        "columns": {
            "deals": {
                "deal_id": "ID", "account_id": "Company", "outcome": "Phase", "created_on": "Created", "won_on": "Won date", "lost_on": "Lost date",
                "amount": "TCV", "owner": "AE",
            }
        },
        "outcomes": {"won": ["6 - Closed Won"], "lost": ["7 - Closed Lost"], "open": [], "disqualified": []},
    }  # fmt: skip


def italian_stages() -> Layout:
    """Deals in Italian with the stages each went through, under headers of which one says nothing; their owners must not become a dimension."""
    deals = lines(
        "Codice trattativa,Azienda,Esito,Data apertura,Data chiusura,Valore,Responsabile", "T{n},Ditta {f},{r},{day},{later},{n}00,{p}", 40,
        f=list("abc"), r=["Vinta", "Persa"], p=["Rossi", "Bianchi"],
    )  # fmt: skip
    stages = lines(
        "Codice trattativa,Fase,Il",
        "T{k},{s},{day}",
        80,
        k=[str(n) for n in range(1, 41)],
        s=["Contatto", "Offerta", "Firma"],
    )
    return {"trattative.csv": deals, "fasi.csv": stages}, {
        "files": {"deals": "trattative.csv", "stage_history": "fasi.csv"},
        "columns": {
            "deals": {
                "deal_id": "Codice trattativa", "account_id": "Azienda", "outcome": "Esito", "created_on": "Data apertura", "closed_on": "Data chiusura",
                "amount": "Valore", "owner": "Responsabile",
            },
            "stage_history": {"deal_id": "Codice trattativa", "stage": "Fase", "entered_on": "Il"},
        },
        "outcomes": {"won": ["Vinta"], "lost": ["Persa"], "open": [], "disqualified": []},
    }  # fmt: skip


def a_key_of_two_lookups() -> Layout:
    """Deals lead to sellers and these to teams; the key of the teams stands in two files and can be no dimension."""
    deals = lines(
        "OppNum,Acct,Disposition,Decided On,RepCode", "O{n},A{f},{r},{day},R{p}", 40, f=list("abc"), r=["Closed - Won", "Closed - Lost"], p=list("123")
    )  # fmt: skip
    reps, teams = (
        "RepCode,RepName,TeamId\nR1,Ann,T1\nR2,Bob,T2\nR3,Cy,T1\n",
        "TeamId,Region,Manager\nT1,West,Di\nT2,East,Ed\n",
    )
    return {"opportunities.csv": deals, "reps.csv": reps, "teams.csv": teams}, {
        "files": {"deals": "opportunities.csv"},
        "lookups": [{"object": "deals", "file": "reps.csv", "key": "RepCode"}, {"object": "deals", "file": "teams.csv", "key": "TeamId"}],
        "columns": {
            "deals": {
                "deal_id": "OppNum", "account_id": "Acct", "outcome": "Disposition", "closed_on": "Decided On", "owner": "RepName", "region": "Region",
            }
        },
        "outcomes": {"won": ["Closed - Won"], "lost": ["Closed - Lost"], "open": [], "disqualified": []},
    }  # fmt: skip


def two_flags() -> Layout:
    """Closed and won are two columns of yes and no: what is not won is lost only where it is closed."""
    deals = lines(
        "Ref #,Client,Closed?,Won?,Opened On,Closed On,Deal Value,Seller", "{n},Firm {f},{c},{w},{day},{later},{n}00,{p}", 40,
        f=list("abcde"), c=["Y", "Y", "Y", "N"], w=["Y", "N", "N", "N"], p=["Ann", "Bob"],
    )  # fmt: skip
    return {"book.csv": deals}, {
        "files": {"deals": "book.csv"},
        "columns": {
            "deals": {
                "deal_id": "Ref #", "account_id": "Client", "outcome": {"headers": ["Closed?", "Won?"]}, "created_on": "Opened On",
                "closed_on": "Closed On", "amount": "Deal Value", "owner": "Seller",
            }
        },
        "outcomes": {"won": ["Y / Y"], "lost": ["Y / N"], "open": ["N / N"], "disqualified": []},
    }  # fmt: skip


def files_called_by_outcomes() -> Layout:
    """Won and lost deals were exported into files of their own, and no column says which is which."""
    header, form = "Deal,Customer,Owner,Closed,Amount,Industry", "{k}{n},Firm {f},{p},{day},{n}00,{i}"
    won, lost = (
        lines(header, form, 30, k=[k], f=list("abc"), p=["Ann", "Bob"], i=["Retail", "Bank"]) for k in ("W-", "L-")
    )
    return {"Won deals 2025.csv": won, "Lost deals 2025.csv": lost}, {
        "files": {"deals": ["Lost deals *.csv", "Won deals *.csv"]},
        "columns": {
            "deals": {
                "deal_id": "Deal", "account_id": "Customer", "outcome": {"file_name": True}, "closed_on": "Closed", "amount": "Amount", "owner": "Owner",
                "industry": "Industry",
            }
        },
        "outcomes": {"won": ["Won deals *.csv"], "lost": ["Lost deals *.csv"], "open": [], "disqualified": []},
    }  # fmt: skip


def tables_of_an_application() -> Layout:
    """Tables as a program keeps them: each numbers its lines under `id`, moments have their zone, money is in cents."""
    deals = lines(
        "id,organization_id,rep_id,state,amount_cents,currency_code,inserted_at,resolved_at",
        "{n},{f},{p},{r},{n}00,EUR,{day} 08:00:00+00,{later} 10:00:00+00", 40,
        f=["1001", "1002", "1003"], r=["closed_won", "closed_lost"], p=list("AB"),
    )  # fmt: skip
    organizations = "id,name,vertical,headcount\n1001,One,Fintech,5\n1002,Two,Health,42\n1003,Three,Health,7\n"
    return {"public_deals.csv": deals, "public_organizations.csv": organizations}, {
        "files": {"deals": "public_deals.csv", "accounts": "public_organizations.csv"},
        "columns": {
            "deals": {
                "deal_id": "id", "account_id": "organization_id", "outcome": "state", "created_on": "inserted_at", "closed_on": "resolved_at",
                "amount": {"header": "amount_cents", "multiply_by": 0.01}, "currency": "currency_code", "owner": "rep_id",
            },
            "accounts": {"account_id": "id", "industry": "vertical", "employees": "headcount"},
        },
        "outcomes": {"won": ["closed_won"], "lost": ["closed_lost"], "open": [], "disqualified": []},
    }  # fmt: skip


def chinese_file() -> Layout:
    """Chinese headers and words, days as they are written there, money in tens of thousands."""
    deals = lines(
        "商机编号,客户名称,商机状态,创建时间,结单日期,金额(万元),负责人,行业,输单原因", "SJ{n},客户{f},{r},{day},{later},{n}.5,{p},{i},{g}", 40,
        f=list("abc"), r=["赢单", "输单", "跟进中"], p=["张三", "李四"], i=["金融", "教育"], g=["", "价格"],
    )  # fmt: skip
    return {"商机.csv": deals}, {
        "files": {"deals": "商机.csv"},
        "columns": {
            "deals": {
                "deal_id": "商机编号", "account_id": "客户名称", "outcome": "商机状态", "created_on": "创建时间", "closed_on": "结单日期",
                "amount": {"header": "金额(万元)", "multiply_by": 10000}, "owner": "负责人", "industry": "行业", "loss_reason": "输单原因",
            }
        },
        "outcomes": {"won": ["赢单"], "lost": ["输单"], "open": ["跟进中"], "disqualified": []},
    }  # fmt: skip


def amounts_with_signs() -> Layout:
    """Portuguese of Brazil; a sign before each amount, of letters and a mark."""
    deals = lines(
        "Número;Cliente;Situação;Data de criação;Data de fechamento;Valor;Vendedor", "OP{n};Cliente {f};{r};{tag};{spaeter};R$ {n}.200,00;{p}", 40,
        f=list("abc"), r=["Ganho", "Perdido", "Em andamento"], p=["Ana", "Rui"],
    )  # fmt: skip
    return {"oportunidades.csv": deals}, {
        "files": {"deals": "oportunidades.csv"},
        "columns": {
            "deals": {
                "deal_id": "Número", "account_id": "Cliente", "outcome": "Situação", "created_on": "Data de criação",
                "closed_on": "Data de fechamento", "amount": "Valor", "owner": "Vendedor",
            }
        },
        "outcomes": {"won": ["Ganho"], "lost": ["Perdido"], "open": ["Em andamento"], "disqualified": []},
    }  # fmt: skip


def put(folder: Path, files: Mapping[str, str]) -> str:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return str(folder)


def leaves(value: object, place: str = "") -> dict[str, object]:
    """Each line of a mapping by its place; a lookup is one line."""
    if isinstance(value, dict) and not value.keys() & {"header", "line_number", "key"}:
        return {name: leaf for key, inner in value.items() for name, leaf in leaves(inner, f"{place}.{key}").items()}
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return {f"{place}.{item['file']}": item for item in value}
    return {place: value}


def edits(drafted: object, right: object) -> list[str]:
    """The lines in which a draft differs from the mapping it should be; a dimension more is no mistake."""
    is_so, should_be = leaves(drafted), leaves(right)
    return sorted(
        place
        for place in is_so.keys() | should_be.keys()
        if is_so.get(place) != should_be.get(place) and not (place.startswith(".dimensions") and place not in should_be)
    )


LAYOUTS = [
    star, german_flat_file, french_files, without_ids, among_others, two_exports_and_a_flag, days_instead_of_dates, days_of_winning_and_losing,
    italian_stages, a_key_of_two_lookups, two_flags, files_called_by_outcomes, tables_of_an_application, chinese_file, amounts_with_signs,
]  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_of_a_draft_three_lines_at_most_are_to_be_corrected(layout: object, tmp_path: Path) -> None:
    files, right = layout()  # type: ignore[operator]
    folder = put(tmp_path, files)
    text = suggested_mapping(folder)
    mapping = yaml.safe_load(text)["mapping"]
    # what is stated because nothing tells is a guess to look at, not part of the layout
    guessed = {name: mapping.pop(name) for name in ("date_order", "decimal") if name in mapping}
    assert len(edits(mapping, right)) <= 3, edits(mapping, right)
    assert preview(folder, "custom", {"mapping": mapping | guessed}).exit_code == FINE


def said_of(folder: str, mapping: dict[str, object]) -> str:
    """What a check says of the files by a mapping."""
    return "\n".join(preview(folder, "custom", {"mapping": mapping}).lines)


# 40 lines in turns of four: 10 closed and won, 20 closed and not won, 10 neither. 30 lines in each of two files.
@pytest.mark.parametrize(
    ("layout", "counted"),
    [(two_flags, "outcome: lost 20, open 10, won 10"), (files_called_by_outcomes, "outcome: lost 30, won 30")],
    ids=["two_flags", "files_called_by_outcomes"],
)
def test_an_outcome_of_two_columns_or_of_the_name_of_a_file_counts_each_deal_once(
    layout: object, counted: str, tmp_path: Path
) -> None:
    files, right = layout()  # type: ignore[operator]
    assert counted in said_of(put(tmp_path, files), right)


def test_a_further_file_that_is_called_by_no_outcome_is_no_outcome(tmp_path: Path) -> None:
    files, right = files_called_by_outcomes()
    files["Deals of others.csv"] = files["Won deals 2025.csv"].replace("W-", "O-")
    right["files"] = {"deals": "*.csv"}
    assert "holds a word that is not in mapping.outcomes" in said_of(put(tmp_path, files), right)


def test_where_no_header_is_known_values_tell_the_rest_and_the_outcome_is_asked_for(tmp_path: Path) -> None:
    sheet = lines("Kennung,Tila,Aloitettu,Päätetty,Summa", "K{n},{r},{day},{later},{n}00", 40, r=["Joo", "Ei"])
    folder = put(tmp_path, {"kaupat.csv": sheet})
    found = draft(folder).columns["deals"]
    assert {name: found[name] for name in ("deal_id", "outcome", "amount")} == {
        "deal_id": "Kennung", "outcome": "which header?", "amount": "Summa",
    }  # fmt: skip
    assert "of few words are Tila" in suggested_mapping(folder)


def test_words_that_no_list_has_are_shown_with_their_counts_and_a_proposal(tmp_path: Path) -> None:
    files, _ = without_ids()
    drafted = draft(put(tmp_path, files))
    # of forty lines each fourth is the one or the other word, and two of four the third
    assert drafted.outcomes["won"] == [("Signed", 10)]
    assert drafted.outcomes["lost"] == [("Chose other vendor", 20)]
    assert drafted.outcomes["disqualified"] == [("Junk lead", 10)]
    text = "\n".join(mapping_lines(drafted))
    told = lines_to_look_at(text)
    assert [line.split(":")[1].strip() for line in told] == ["won", "lost", "disqualified"]
    assert '"Junk lead" stands on 10 lines, 10 of them with a closed date' in told[2]
    # the number of the line is that of the text
    assert "Junk lead" in text.splitlines()[int(told[2].split(":")[0].removeprefix("line ")) - 1]


def test_revenue_that_looks_like_millions_is_asked_about_with_its_range(tmp_path: Path) -> None:
    files, _ = among_others()
    text = suggested_mapping(put(tmp_path, files))
    # five accounts, of 12.5 to 52.5
    assert next(line for line in lines_to_look_at(text) if "annual_revenue" in line).endswith(
        "(Revenue looks like millions: 12 to 52)"
    )


def test_dates_that_nothing_decides_are_stated_as_a_guess(tmp_path: Path) -> None:
    deals = "deal id,outcome,close date\n" + "".join(
        f"{n},{'Won' if n % 2 else 'Lost'},0{n}/0{n + 1}/2025\n" for n in range(1, 9)
    )
    (tmp_path / "deals.csv").write_text(deals, encoding="utf-8")
    text = suggested_mapping(str(tmp_path))
    assert yaml.safe_load(text)["mapping"]["date_order"] == "mdy"
    assert any("date_order: mdy" in line and "a guess" in line for line in lines_to_look_at(text))


def test_three_digits_behind_every_point_are_taken_for_thousands(tmp_path: Path) -> None:
    deals = "deal id,outcome,amount\n" + "".join(f"{n},{'Won' if n % 2 else 'Lost'},€ {n}.409\n" for n in range(1, 9))
    assert yaml.safe_load(suggested_mapping(put(tmp_path, {"deals.csv": deals})))["mapping"]["decimal"] == "comma"


def test_of_a_file_with_a_header_alone_the_headers_are_asked_for(tmp_path: Path) -> None:
    drafted = draft(put(tmp_path, {"deals.csv": "deal id,outcome,close date,amount\n"}))
    assert set(drafted.asks) == {"files.deals", "columns.deals.deal_id", "columns.deals.outcome"}


def test_a_quarter_under_a_word_for_a_date_is_no_dimension(tmp_path: Path) -> None:
    deals = lines(
        "deal id,outcome,closed,team", "{n},{r},{q} 2024,{t}", 40, r=["Won", "Lost"], q=["Q1", "Q2"], t=["A", "B", "C"]
    )
    assert draft(put(tmp_path, {"deals.csv": deals})).dimensions == {"team": "team"}


@pytest.mark.parametrize(
    "quarters", [["Q1 FY25", "Q2 FY25", "Q3 FY25"], ["2025-Q1", "2025-Q2", "2025-Q3"], ["FY24", "FY25", "FY26"]]
)
def test_a_column_of_quarters_is_no_dimension_whatever_its_header(tmp_path: Path, quarters: list[str]) -> None:
    deals = lines(
        "deal id,outcome,decided in,tier", "{n},{r},{q},{t}", 42, r=["Won", "Lost"], q=quarters, t=["T1", "T2", "T3"]
    )
    assert draft(put(tmp_path, {"deals.csv": deals})).dimensions == {"tier": "tier"}


@pytest.mark.parametrize("header", ["ACV ($000s)", "Amount (000s)", "Deal value $000", "Revenue in 000's"])
def test_thousands_that_a_header_states_in_digits_are_multiplied(tmp_path: Path, header: str) -> None:
    deals = lines(f"deal id,outcome,{header}", "{n},{r},{n}.5", 12, r=["Won", "Lost"])
    amount = draft(put(tmp_path, {"deals.csv": deals})).columns["deals"]["amount"]
    assert amount == {"header": header, "multiply_by": 1000}


def test_of_an_amount_and_the_same_formatted_the_one_with_its_unit_is_read(tmp_path: Path) -> None:
    # Close counts values in cents and writes them out beside
    deals = lines(
        "id,status,value,value_formatted,value_currency", '{n},{r},{n}00,"${n}.00",USD', 12, r=["Won", "Lost"]
    )
    columns = draft(put(tmp_path, {"opportunities.csv": deals})).columns["deals"]
    assert (columns["amount"], columns["currency"]) == ("value_formatted", "value_currency")


def test_a_word_beside_open_deals_is_no_closed_date(tmp_path: Path) -> None:
    deals = lines(
        "deal id,stage,closed",
        "{n},{r},{c}",
        30,
        r=["Won", "Lost", "Talking"],
        c=["2025-01-05", "2025-02-06", "pending"],
    )
    asked = draft(put(tmp_path, {"deals.csv": deals})).asks["outcomes.open"]
    assert asked == '"Talking" stands on 10 lines, 0 of them with a closed date'


def test_an_age_is_no_stage(tmp_path: Path) -> None:
    deals = lines("deal id,outcome,Age (in days)", "{n},{r},{d}", 12, r=["Won", "Lost"], d=["5", "9", "12"])
    assert "stage" not in draft(put(tmp_path, {"deals.csv": deals})).columns["deals"]


def test_names_and_sums_of_groups_between_deals_take_no_id_away(tmp_path: Path) -> None:
    deals = ["Name,Stage,Close date,Deal value,Item ID", "Won deals,,,,"]
    deals += [f"Deal {n},{'Won' if n % 2 else 'Lost'},2025-01-05,{n}00,44{n:04d}" for n in range(60)]
    text = "\n".join([*deals, ",,,177000,"]) + "\n"
    assert draft(put(tmp_path, {"board.csv": text})).columns["deals"]["deal_id"] == "Item ID"


def test_an_id_on_several_lines_is_kept_where_a_date_tells_its_versions_apart(tmp_path: Path) -> None:
    # five deals on three lines each
    texts = [f"{n % 5},{'Won' if n % 2 else 'Lost'},2025-01-{n + 1:02},2025-02-{n + 1:02}" for n in range(15)]
    for folder, header, kept in (
        ("versions", "deal id,outcome,close date,last modified date", "deal id"),
        ("lines", "deal id,outcome,close date,day", {"line_number": True}),
    ):
        (tmp_path / folder).mkdir()
        drafted = draft(put(tmp_path / folder, {"deals.csv": "\n".join([header, *texts]) + "\n"}))
        assert drafted.columns["deals"]["deal_id"] == kept
        assert "deal id stands on several" in drafted.asks["columns.deals.deal_id"]


def test_quotes_around_a_header_are_no_part_of_its_words(tmp_path: Path) -> None:
    deals = lines("“Opportunity”,“Result”,“Owned by”", "{n},{r},{o}", 12, r=["Won", "Lost"], o=["Ann", "Bo"])
    drafted = draft(put(tmp_path, {"deals.csv": deals}))
    assert drafted.columns["deals"] == {"deal_id": "“Opportunity”", "outcome": "“Result”", "owner": "“Owned by”"}
    assert "columns.deals.deal_id" not in drafted.asks


def test_shares_for_stages_and_seconds_for_days_are_known(tmp_path: Path) -> None:
    deals = lines(
        "deal id,stage,closed", "{n},{r},{c}", 42, r=["100%", "0%", "50%"], c=["1700000000", "1710000000", ""]
    )
    drafted = draft(put(tmp_path, {"deals.csv": deals}))
    assert drafted.columns["deals"]["closed_on"] == "closed"
    assert ([word for word, _ in drafted.outcomes["won"]], [word for word, _ in drafted.outcomes["lost"]]) == (
        ["100%"],
        ["0%"],
    )


def test_a_header_that_stands_twice_is_said(tmp_path: Path) -> None:
    text = suggested_mapping(
        put(
            tmp_path,
            {"deals.csv": lines("deal id,outcome,closed,closed", "{n},{r},{day},{later}", 9, r=["Won", "Lost"])},
        )
    )
    assert "# deals.csv: closed stands above several columns: rename one to read it." in text.splitlines()


def test_a_file_of_the_same_numbers_is_no_lookup(tmp_path: Path) -> None:
    files, _ = among_others()
    drafted = draft(put(tmp_path, files))
    assert drafted.lookups == [] and drafted.unused["tasks.csv"] == ["Id", "Status", "Created", "Owner", "Type"]


def test_a_lookup_that_only_another_leads_to_is_found(tmp_path: Path) -> None:
    files, right = star()
    assert draft(put(tmp_path, files)).mapping()["lookups"] == right["lookups"]


@pytest.mark.parametrize(
    ("sold", "not_sold"),
    [
        ("Sold", "Not sold"),
        ("Vendido", "Não vendido"),
        ("Vendida", "No vendida"),
        ("Vendu", "Non vendu"),
        ("Venduto", "Non venduto"),
        ("Verkauft", "Nicht verkauft"),
        ("Verkocht", "Niet verkocht"),
        ("Vendido", "Não fechou"),
        # Copper's word for a deal that was given up
        ("Won", "Abandoned"),
    ],
)
def test_what_is_sold_is_won_and_what_is_not_is_lost(tmp_path: Path, sold: str, not_sold: str) -> None:
    content = lines("deal id,outcome,closed", "{n},{r},{day}", 9, r=[sold, not_sold])
    drafted = draft(put(tmp_path, {"deals.csv": content}))
    assert {outcome: [word for word, _ in words] for outcome, words in drafted.outcomes.items() if words} == {
        "won": [sold],
        "lost": [not_sold],
    }
