"""Which score should we pursue: where to set the threshold, what it keeps and what it gives up."""

from __future__ import annotations

from winloss.report.charts import Drawing, rates
from winloss.report.context import Context, mark
from winloss.report.document import Block, Pair, Paragraph, Section, Sentence, Table, missing, table
from winloss.report.marts import Record

_SHOWN = 7


def score_threshold(context: Context) -> Section:
    question, sources = "Which score should we pursue?", ("recommended_score_threshold", "score_thresholds")
    say = context.writer.say
    row = context.marts.first("recommended_score_threshold")
    if row is None or not row["scored_deals"]:
        told = f"No closed deal{context.of_window} has a qualification score, so there is no score threshold to set."
        return missing("score-threshold", question, Sentence(told, (), "Fix the data"), *sources)
    cells = [cell for cell in context.marts.rows("score_thresholds") if cell["kept_wins_share"] is not None]
    blocks: list[Block] = []
    if row["is_predictive"]:
        finding, answers = _advice(context, row, cells)
    else:
        finding = Sentence("No score threshold can be set yet")
        none = "There is no score threshold to set yet: {missing_reason}. {scored_deals|count} of {closed_deals|count} closed deals have a score."
        few = row["scored_deals"] < context.whole("score_curve_minimum_deals")
        answers = [say(none, row, grade="too few deals" if few and row["grade"] == "too few deals" else row["grade"])]
    blocks += [Paragraph(sentence, "takeaway") for sentence in answers]
    if cells and cells[0]["scored_deals"] >= context.whole("score_curve_minimum_deals"):
        blocks.append(_thresholds(context, row, cells))
    return Section("score-threshold", question, finding, tuple(blocks), sources)


def _at(cells: list[Record], threshold: float | None) -> Record | None:
    return next(
        (cell for cell in cells if threshold is not None and abs(cell["score_threshold"] - threshold) < 1e-9), None
    )


def _advice(context: Context, row: Record, cells: list[Record]) -> tuple[Sentence, list[Sentence]]:
    say = context.writer.say
    at, today = _at(cells, row["score_threshold"]), _at(cells, row["current_score_threshold"])
    first = "Pursue" if row["grade"] == "strong" else "Test pursuing"
    words = f"{first} deals that score {{score_threshold|two_decimals}} or more"
    finding = say(words, row, grade=row["grade"])
    if at:
        kept = f"{words.replace('{score', '{row.score')}: it keeps {{at.kept_wins_share|percent}} of wins"
        if today and today is not at:
            kept += "; today’s {today.score_threshold|two_decimals} keeps {today.kept_wins_share|percent}"
        named = {"row": row, "at": at, **({"today": today} if today and today is not at else {})}
        finding = say(kept, grade=row["grade"], **named)
    answers = [say("{rationale}", row, grade=row["grade"])]
    if row["cross_validated_accuracy"] is not None:
        answers.append(
            say(
                "On held-out deals the threshold is right for {cross_validated_accuracy|percent}; always saying the commoner outcome is right for "
                "{majority_accuracy|percent}.",
                row,
            )
        )
    if row["auc"] is not None and row["auc"] > 0.9:
        # a score that separates as well is proposed only where someone answered for it
        known = (
            "It puts {auc|percent} of pairs of a won and a lost deal in the right order, as a score does that knows the outcome: the setting "
            "score_known_before_the_deal says it does not."
        )
        answers.append(say(known, row))
    return finding, answers


def _thresholds(context: Context, row: Record, cells: list[Record]) -> Table:
    write = context.writer
    proposed = _at(cells, row["score_threshold"]) if row["is_predictive"] else None
    today = _at(cells, row["current_score_threshold"])
    # around the proposed one, else around where half of the wins are kept
    middle = (
        proposed or today or min(cells, key=lambda cell: (abs(cell["kept_wins_share"] - 0.5), cell["score_threshold"]))
    )
    told = [cell for cell in cells if cell["win_rate_above"] is not None]
    near = sorted(
        told,
        key=lambda cell: (
            cell is not proposed,
            cell is not today,
            abs(cell["score_threshold"] - middle["score_threshold"]),
        ),
    )
    shown = sorted(near[:_SHOWN], key=lambda cell: cell["score_threshold"])

    def label(cell: Record) -> Pair:
        said = "proposed" if cell is proposed else "today" if cell is today else ""
        return Pair(write.cell(cell, "score_threshold", "two_decimals"), said)

    return table(
        "Win rate at or above each threshold, and the wins it keeps",
        ["Threshold", "Won, lost", "Rate (95%)", ">Wins kept", ">Missed"],
        [
            (
                label(cell),
                write.say("{true_positives|count}, {false_positives|count}", cell),
                context.figure(cell, "win_rate_above"),
                write.cell(cell, "kept_wins_share", "percent"),
                write.cell(cell, "false_negatives", "count"),
            )
            for cell in shown
        ],
        write.say("{scored_deals|count} of {closed_deals|count} closed deals have a score. Dashed: all of these.", row),
        Drawing(
            rates(row["base_rate"], f"all scored {write.cell(row, 'base_rate', 'percent').shown}") if row["base_rate"] is not None else rates(),
            tuple(mark(cell, "win_rate_above", "main" if cell is proposed else "dot" if cell is today else "hollow") for cell in shown),
            2,
            tuple(place for place, cell in enumerate(shown) if cell in (proposed, today)),
        ),
    )  # fmt: skip
