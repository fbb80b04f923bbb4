"""A company with effects of every family of claims, and its export with every deal standing in several lines under its own account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from python_tests.known_company.project import Project, csv_text

DEALS = 640
QUARTERS = 10
LAST_DAY = date(2025, 12, 31)

COLUMNS = {
    "deals": (
        "deal_id account_id outcome created_on closed_on amount owner lead_source product deal_type competitor loss_reason "
        "win_factors qualification_score"
    ).split(),
    "accounts": "account_id industry annual_revenue employees region".split(),
    "contacts": "contact_id title".split(),
    "deal_contacts": "deal_id contact_id buying_role added_on".split(),
    "stage_history": "deal_id stage entered_on".split(),
}

Rows = list[dict[str, Any]]

TITLES = ("Chief Financial Officer", "IT Manager", "VP of Sales", "Procurement Director", "Head of Operations")
ROLES = ("Champion", "Decision Maker", "Influencer", "Economic Buyer", "")
RIVALS = ("Acme", "Globex", "Initech", "Umbrella")
REASONS = ("price", "missing features", "timing", "lost to competitor", "")
STAGES = ("Qualify", "Propose", "Negotiate")


def company(seed: int = 11) -> dict[str, Rows]:
    """The lines of each export file; effects are of a size that their claims are near what may be claimed."""
    rng = np.random.default_rng(seed)
    tables: dict[str, Rows] = {name: [] for name in COLUMNS}
    accounts = DEALS * 2 // 3
    industry, region = rng.integers(0, 4, accounts), rng.integers(0, 3, accounts)
    size = rng.choice([2e6, 2e7, 8e7, 4e8], accounts)
    liking = rng.normal(0, 0.4, accounts)
    for place in range(accounts):
        told = {"account_id": f"A{place}", "industry": ("Retail", "Mining", "Energy", "Banking")[industry[place]]}
        told |= {"annual_revenue": int(size[place]), "region": ("North", "South", "West")[region[place]]}
        tables["accounts"].append({**told, "employees": int(rng.choice([20, 120, 500, 2500]))})
    first_day = LAST_DAY - timedelta(days=round(QUARTERS * 91.25))
    for number in range(DEALS):
        account = int(rng.integers(0, accounts))
        days = int(rng.integers(35, 130))
        closed = first_day + timedelta(days=int(rng.integers(1, QUARTERS * 91)))
        quarter = (LAST_DAY - closed).days // 91
        owner = int(rng.integers(0, 9))
        titles = rng.choice(len(TITLES), int(rng.integers(1, 5)), replace=False)
        rival = int(rng.choice([-1, 0, 1, 2, 3], p=[0.3, 0.2, 0.2, 0.15, 0.15]))
        source = str(rng.choice(["Referral", "Cold call", "Web"]))
        score = round(float(np.clip(rng.normal(0.5, 0.15), 0, 1)), 2)
        chance = -0.3 + liking[account] + (1.7 if industry[account] == 0 else 0) - (0.8 if rival == 0 else 0)
        chance += (0.7 if 0 in titles else 0) + 0.25 * (len(titles) - 2) + 3.5 * (score - 0.5) + (quarter == 0) * 1.1
        chance += (0.9 if source == "Referral" else 0) - (1.2 if source == "Web" and quarter == 0 else 0)
        won = bool(rng.random() < 1 / (1 + np.exp(-chance)))
        reason = int(rng.choice(5, p=[0.3, 0.2, 0.2, 0.2, 0.1] if quarter else [0.1, 0.5, 0.2, 0.1, 0.1]))
        if rival == 1 and rng.random() < 0.25:
            reason = 1
        name, is_open = f"D{number:04d}", number % 12 == 0
        tables["deals"].append(
            {
                "deal_id": name,
                "account_id": f"A{account}",
                "outcome": "open" if is_open else "won" if won else "lost",
                "created_on": (LAST_DAY if is_open else closed) - timedelta(days=days),
                "closed_on": "" if is_open else closed,
                "amount": int(1000 * rng.integers(5, 90) * (1.6 if region[account] == 0 else 1)),
                "owner": f"O{owner}",
                "lead_source": source,
                "product": str(rng.choice(["Basic", "Premium"])),
                "deal_type": str(rng.choice(["New", "New", "Upsell"])),
                "competitor": "" if rival < 0 else RIVALS[rival],
                "loss_reason": "" if won or is_open else REASONS[reason],
                "win_factors": "Strong champion" if won and not is_open else "",
                "qualification_score": score,
            }
        )
        created = tables["deals"][-1]["created_on"]
        for title in titles.tolist():
            contact = f"C{number:04d}{title}"
            tables["contacts"].append({"contact_id": contact, "title": TITLES[title]})
            link = {"deal_id": name, "contact_id": contact, "buying_role": ROLES[(title + owner) % len(ROLES)]}
            link["added_on"] = created + timedelta(days=int(rng.integers(0, 25)))
            tables["deal_contacts"].append(link)
        for place in range(3 if won else 1 + int(rng.integers(0, 3))):
            entered = created + timedelta(days=days * place // 4)
            tables["stage_history"].append({"deal_id": name, "stage": STAGES[place], "entered_on": entered})
    return tables


def repeated(tables: dict[str, Rows], times: int, accounts: bool = False) -> dict[str, Rows]:
    """Every deal, with its contacts and stages, in so many lines: under its own account, or each copy under another one."""
    copies: dict[str, Rows] = {name: list(rows) for name, rows in tables.items()}
    for time in range(1, times):
        for name, rows in tables.items():
            for row in rows:
                named = {key: f"{row[key]} again {time}" for key in ("deal_id", "contact_id") if key in row}
                if accounts:
                    named |= {key: f"{row[key]} again {time}" for key in ("account_id", "owner") if key in row}
                if named:
                    copies[name].append({**row, **named})
    return copies


def swapped(tables: dict[str, Rows]) -> dict[str, Rows]:
    """Won deals are lost and lost ones won."""
    other = {"won": "lost", "lost": "won", "open": "open"}
    return {**tables, "deals": [{**row, "outcome": other[row["outcome"]]} for row in tables["deals"]]}


def write(project: Project, tables: dict[str, Rows]) -> None:
    for name, rows in tables.items():
        project.write(f"{name}.csv", csv_text(COLUMNS[name], rows))


def variables(**more: Any) -> dict[str, Any]:
    mapping = {
        "files": {name: f"{name}.csv" for name in COLUMNS},
        "columns": {name: {column: column for column in columns} for name, columns in COLUMNS.items()},
    }
    stated = {"as_of_on": str(LAST_DAY), "quota_amount": 10_000_000, "gross_margin": 0.7}
    # the window is the same however many deals there are
    return {"crm": "custom", "mapping": mapping, **stated, "window_minimum_deals": 0, "window_quarters": 8, **more}


def told(project: Project, table: str, left_out: Sequence[str] = ()) -> list[dict[str, Any]]:
    """All rows of a mart in an order of their own, without the columns left out."""
    with project.connect() as connection:
        answer = connection.execute(f"select * from marts.{table} order by all")
        names = [column[0] for column in answer.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
    return [{name: value for name, value in row.items() if name not in left_out} for row in rows]
