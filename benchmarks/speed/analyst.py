"""The script an analyst would write in an afternoon: polars over the same CSV files, the questions of a quarterly review.

Win rates by dimension, by pair and by quarter with means and medians, loss reasons, personas. No check of a line, no periods but all,
the last quarter and the last year, no intervals beyond Wilson's, no recommendations.

    python -m benchmarks.speed.analyst <folder> <answers folder>
"""

from __future__ import annotations

import sys
from itertools import combinations
from pathlib import Path

import polars as pl

RECOMMENDABLE = ("industry", "revenue_band", "employee_band", "region", "lead_source", "product")
DIMENSIONS = (*RECOMMENDABLE, "country", "deal_type", "size_band", "competitor", "pipeline", "owner")


def band(column: str, limits: list[float], labels: list[str]) -> pl.Expr:
    found = pl.when(pl.col(column) < limits[0]).then(pl.lit(labels[0]))
    for limit, label in zip(limits[1:], labels[1:-1], strict=True):
        found = found.when(pl.col(column) < limit).then(pl.lit(label))
    return found.when(pl.col(column).is_not_null()).then(pl.lit(labels[-1])).otherwise(pl.lit("unknown"))


def measures() -> list[pl.Expr]:
    won, lost = pl.col("is_won"), ~pl.col("is_won")
    return [
        pl.len().alias("closed_deals"),
        won.sum().alias("won_deals"),
        pl.col("amount").filter(won).sum().alias("won_amount"),
        pl.col("amount").filter(lost).sum().alias("lost_amount"),
        *(
            getattr(pl.col(column).filter(outcome), what)().alias(f"{what}_{name}_{column}")
            for column in ("amount", "cycle_days")
            for name, outcome in (("won", won), ("lost", lost))
            for what in ("mean", "median")
        ),
    ]


def read(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Closed deals with their account, and the people on them."""
    accounts = pl.read_csv(folder / "accounts.csv").with_columns(
        pl.col("industry").str.strip_chars().str.to_lowercase().fill_null("unknown"),
        band(
            "annual_revenue", [1e7, 5e7, 1e8], ["under $10M", "$10M to $50M", "$50M to $100M", "$100M and more"]
        ).alias("revenue_band"),
        band("employees", [50, 200, 1000, 5000], ["1-49", "50-199", "200-999", "1,000-4,999", "5,000+"]).alias(
            "employee_band"
        ),
    )
    deals = (
        pl.read_csv(folder / "deals.csv", try_parse_dates=True)
        .filter(pl.col("outcome").is_in(["Closed Won", "Closed Lost"]) & pl.col("loss_reason").ne_missing("Duplicate"))
        .join(accounts, on="account_id", how="left")
        .with_columns(
            (pl.col("outcome") == "Closed Won").alias("is_won"),
            pl.col("closed_on").dt.truncate("1q").alias("quarter"),
            (pl.col("closed_on") - pl.col("created_on")).dt.total_days().alias("cycle_days"),
            band("amount", [25e3, 50e3, 1e5, 2.5e5], ["under 25k", "25k-50k", "50k-100k", "100k-250k", "250k+"]).alias(
                "size_band"
            ),
        )
        .with_columns(
            pl.col("lead_source", "product", "country", "deal_type", "competitor", "pipeline", "owner").fill_null(
                "unknown"
            )
        )
    )
    contacts = pl.read_csv(folder / "contacts.csv").select("contact_id", pl.col("title").str.to_lowercase())
    people = (
        pl.read_csv(folder / "deal_contacts.csv", try_parse_dates=True)
        .join(deals.select("deal_id", "is_won", "quarter", "closed_on"), on="deal_id")
        .filter(pl.col("added_on") <= pl.col("closed_on"))
        .join(contacts, on="contact_id", how="left")
    )
    return deals, people


def run(folder: Path, answers: Path) -> None:
    deals, people = read(folder)
    answers.mkdir(parents=True, exist_ok=True)
    last = deals["quarter"].max()
    periods = {
        "all": deals,
        "window": deals.filter(pl.col("quarter") > pl.lit(last).dt.offset_by("-4q")),
        "previous_quarter": deals.filter(pl.col("quarter") == pl.lit(last).dt.offset_by("-1q")),
        "quarter": deals.filter(pl.col("quarter") == last),
    }
    deals.group_by("quarter").agg(measures()).sort("quarter").write_csv(answers / "quarters.csv")
    singles, pairs, reasons = [], [], []
    for period, some in periods.items():
        for dimension in DIMENSIONS:
            named = some.group_by(pl.col(dimension).alias("segment")).agg(measures())
            singles.append(named.with_columns(pl.lit(period).alias("period"), pl.lit(dimension).alias("dimension")))
            counted = some.filter(~pl.col("is_won")).group_by(pl.col(dimension).alias("segment"), "loss_reason").len()
            reasons.append(counted.with_columns(pl.lit(period).alias("period"), pl.lit(dimension).alias("dimension")))
        for one, other in combinations(RECOMMENDABLE, 2):
            named = some.group_by(pl.col(one).alias("segment"), pl.col(other).alias("second_segment")).agg(measures())
            pairs.append(
                named.with_columns(pl.lit(period).alias("period"), pl.lit(f"{one} x {other}").alias("dimension"))
            )
    for name, parts in (("segments", singles), ("pairs", pairs), ("reasons", reasons)):
        pl.concat(parts).write_csv(answers / f"{name}.csv")
    for column in ("title", "buying_role"):
        once = people.group_by("deal_id", column).agg(pl.first("is_won"), pl.len().alias("contacts"))
        once.group_by(column).agg(pl.len(), pl.sum("is_won"), pl.sum("contacts")).write_csv(answers / f"{column}.csv")


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
