"""The score threshold: where to set the score threshold, what it keeps and what it saves."""

from __future__ import annotations

from winloss.formatting import percent_short, two_decimals
from winloss.report.charts import Curve
from winloss.report.context import Context
from winloss.report.document import Block, Chart, Paragraph, Section, Sentence, plain_table


def score_threshold(context: Context) -> Section:
    title, sources = "Where to set the score threshold", ("recommended_score_threshold", "score_thresholds")
    write = context.writer
    say = write.say
    row = context.marts.first("recommended_score_threshold")
    if row is None or not row["scored_deals"]:
        told = Sentence(
            "No closed deal of the window has a qualification score, so there is no score threshold to set.",
            (),
            "Fix the data",
        )
        return Section("score-threshold", title, (Paragraph(told, "missing"),), sources)
    blocks: list[Block] = []
    cells = [cell for cell in context.marts.rows("score_thresholds") if cell["kept_wins_share"] is not None]
    if row["is_predictive"]:
        blocks.append(
            Paragraph(
                say(
                    "Pursue deals that score {score_threshold|two_decimals} or more first. {rationale}"
                    if row["grade"] == "strong"
                    else "Test a score threshold of {score_threshold|two_decimals}. {rationale}",
                    row,
                    grade=row["grade"],
                ),
                "takeaway",
            )
        )
        at = next((cell for cell in cells if abs(cell["score_threshold"] - row["score_threshold"]) < 1e-9), None)
        if at:
            blocks.append(
                Paragraph(
                    say(
                        "That bar keeps {kept_wins_share|percent} of the wins and pursues {pursued_share|percent} of the deals "
                        "({scored_deals|count} of {threshold.closed_deals|count} closed deals have a score).".replace(
                            "{kept", "{at.kept"
                        )
                        .replace("{pursued", "{at.pursued")
                        .replace("{scored", "{at.scored"),
                        at=at,
                        threshold=row,
                    ),
                    "plain",
                )
            )
        if row["cross_validated_accuracy"] is not None:
            blocks.append(
                Paragraph(
                    say(
                        "Judged on deals it was not set on, the bar sorts {cross_validated_accuracy|percent} of them right; always guessing the "
                        "commoner outcome sorts {majority_accuracy|percent} right.",
                        row,
                    ),
                    "plain",
                )
            )
    else:
        blocks.append(
            Paragraph(
                say(
                    "There is no score threshold to set yet: {missing_reason}. {scored_deals|count} of {closed_deals|count} closed deals have a score.",
                    row,
                    grade=row["grade"],
                ),
                "takeaway",
            )
        )
    if cells and cells[0]["scored_deals"] >= context.whole("score_curve_minimum_deals", 20):
        blocks.append(_chart(context, cells))
    return Section("score-threshold", title, tuple(blocks), sources)


def _chart(context: Context, cells: list) -> Chart:  # type: ignore[type-arg]
    write = context.writer
    row = context.marts.first("recommended_score_threshold")
    assert row is not None
    cut = row["score_threshold"] if row["is_predictive"] else None
    today = row["current_score_threshold"]
    at = next((cell for cell in cells if cut is not None and abs(cell["score_threshold"] - cut) < 1e-9), None)
    at_cut: tuple[tuple[float, str], ...] = ()
    if at:
        at_cut = (
            (at["kept_wins_share"], f"keeps {percent_short(at['kept_wins_share'])} of wins"),
            (at["pursued_share"], f"pursues {percent_short(at['pursued_share'])} of deals"),
        )
    return Chart(
        "score-threshold",
        "Wins kept and deals pursued at each score threshold",
        "Two falling lines: the share of won deals at or above a score threshold, and the share of all scored deals there.",
        Curve(
            (
                ("wins kept", tuple((cell["score_threshold"], cell["kept_wins_share"]) for cell in cells)),
                ("deals pursued", tuple((cell["score_threshold"], cell["pursued_share"]) for cell in cells)),
            ),
            cut,
            f"use {two_decimals(cut)}" if cut is not None else "",
            today if today is None or cut is None or abs(today - cut) > 1e-9 else None,
            f"today {two_decimals(today)}" if today is not None else "",
            at_cut,
        ),
        plain_table(
            "Score thresholds tested",
            [
                ("Score threshold", "right"),
                ("Wins kept", "right"),
                ("Deals pursued", "right"),
                ("Win rate above", "right"),
                ("95% interval", "right"),
                ("Below", "right"),
            ],
            [
                (
                    write.cell(cell, "score_threshold", "two_decimals"),
                    write.cell(cell, "kept_wins_share", "percent"),
                    write.cell(cell, "pursued_share", "percent"),
                    write.cell(cell, "win_rate_above", "percent"),
                    context.interval(cell, "win_rate_above_low", "win_rate_above_high"),
                    write.cell(cell, "win_rate_below", "percent"),
                )
                for cell in cells
            ],
        ),
        "The gap between the lines is effort saved: deals not pursued that would rarely have been won.",
    )
