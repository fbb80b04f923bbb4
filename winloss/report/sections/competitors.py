"""Against whom do we win: competitors against one another, with the bounds that deals without a name leave."""

from __future__ import annotations

from winloss.formatting import count, percent_short
from winloss.report.charts import Row, RowChart, percent_ticks
from winloss.report.context import Context
from winloss.report.document import Block, Cell, Chart, Paragraph, Section, Sentence, plain_table
from winloss.report.marts import Record

_SHOWN = 12
_REASONS = 3


def against_whom(context: Context) -> Section:
    title = "Against whom do we win"
    sources = ("win_rates_by_competitor", "competition_coverage", "competitors_by_quarter", "competitor_loss_reasons")
    say = context.writer.say
    coverage = context.marts.first("competition_coverage", period="window")
    if coverage is None or not coverage["named_deals"]:
        told = Sentence(
            "No closed deal of the window names a competitor, so nothing can be said about whom we win against.",
            (),
            "Fix the data",
        )
        missing: list[Block] = [Paragraph(told, "missing")]
        if coverage is not None and coverage["missing_reason"]:
            missing.append(Paragraph(say("Why: {missing_reason}.", coverage), "plain"))
        return Section("against-whom", title, tuple(missing), ("competition_coverage",))
    rows = context.marts.rows("win_rates_by_competitor", period="window")
    blocks: list[Block] = [Paragraph(sentence, "takeaway") for sentence in _takeaways(context, rows)]
    blocks += [Paragraph(sentence, "plain") for sentence in (*_moved(context), *_lost_for(context))]
    blocks.append(Paragraph(_coverage(context, coverage), "note"))
    blocks.append(_chart(context, rows, coverage))
    blocks.append(_recorded(context, coverage))
    return Section("against-whom", title, tuple(blocks), sources)


def _takeaways(context: Context, rows: list[Record]) -> list[Sentence]:
    say = context.writer.say
    claims = sorted((row for row in rows if row["is_claimed"]), key=lambda row: row["claim_step"])
    if claims:
        return [say("{rationale}", row, grade="strong") for row in claims[:3]]
    tested = [row for row in rows if row["grade"] == "directional"]
    if tested:
        return [
            Sentence("No competitor stands out from the others by more than chance."),
            say("{rationale}", min(tested, key=lambda row: (row["p_value"], row["competitor"])), grade="directional"),
        ]
    return [Sentence("Too few deals name a competitor to compare one with the others.", (), "Too few deals")]


def _moved(context: Context) -> list[Sentence]:
    """Shares of the contested deals that moved, and those that only follow from another's."""
    say = context.writer.say
    stands = (
        "{competitor} stands on {share|percent} of contested deals, {previous_share|percent} in the previous quarter: "
    )
    rows = context.marts.rows("competitors_by_quarter", quarter=context.quarter)
    told = [say(stands + "more than chance.", row, grade="strong") for row in rows if row["is_changed"]]
    follows = "no more than follows from what became of {explained_by}."
    return told + [say(stands + follows, row) for row in rows if row["explained_by"]]


def _lost_for(context: Context) -> list[Sentence]:
    """Loss reasons that are stated against one competitor more, or less, often than against others."""
    claims = [row for row in context.marts.rows("competitor_loss_reasons", period="window") if row["is_claimed"]]
    claims.sort(key=lambda row: (row["q_value"], -row["lost_deals"], row["competitor"], row["category"]))
    told = []
    for row in claims[:_REASONS]:
        words = (
            "Against {competitor} {lost_deals|count} of {competitor_lost_deals|count} losses were for {category|label} ({share|percent}), "
            "{difference|points} compared with other vendors ({difference_low|points_bare} to {difference_high|points_bare})."
        )
        told.append(context.writer.say(words, row, grade="strong"))
    return told


def _coverage(context: Context, coverage: Record) -> Sentence:
    say = context.writer.say
    if not coverage["is_comparable"]:
        return say(
            "A competitor is named on {named_share_of_lost|percent} of lost and {named_share_of_won|percent} of won deals. The rate against "
            "competitors lies between {win_rate_at_least|percent} and {win_rate_at_most|percent}; ask at every close.",
            coverage,
            grade="fix the data",
        )
    return say(
        "Of {named_deals|count} deals that name a competitor {named_won_deals|count} were won ({named_win_rate|percent}). Whatever the silent "
        "deals hide, the rate lies between {win_rate_at_least|percent} and {win_rate_at_most|percent}.",
        coverage,
    )


def _chart(context: Context, rows: list[Record], coverage: Record) -> Chart:
    write = context.writer
    chosen = sorted(rows, key=lambda row: (-row["closed_deals"], row["competitor"]))[:_SHOWN]
    ordered = sorted(chosen, key=lambda row: (row["kind"] != "vendor", -row["win_rate"], row["competitor"]))
    drawn = tuple(
        Row(
            row["competitor"], row["win_rate"], row["win_rate_low"], row["win_rate_high"],
            shape=_shape(row),
            right=(percent_short(row["win_rate"]), count(row["closed_deals"])),
            is_bold=bool(row["is_claimed"]),
        )
        for row in ordered
    )  # fmt: skip
    named = coverage["named_win_rate"]
    return Chart(
        "competitors",
        "Win rate against each competitor",
        "A dot per competitor named in the window: the win rate of the deals that name it, with its 95% interval; a dashed line marks all deals "
        "that name a competitor.",
        RowChart(
            drawn,
            ("win rate", "deals"),
            (0.0, 1.0),
            percent_ticks((0.0, 0.25, 0.5, 0.75, 1.0)),
            (named, f"all named: {percent_short(named)}"),
        ),
        plain_table(
            "Competitors",
            [
                ("Competitor", "left"),
                ("Won", "right"),
                ("Deals", "right"),
                ("Win rate", "right"),
                ("95% interval", "right"),
                ("against others", "right"),
                ("Difference", "right"),
                ("interval", "right"),
                ("Lost most often for", "left"),
                ("Grade", "left"),
            ],
            [
                (
                    write.cell(row, "competitor"),
                    write.cell(row, "won_deals", "count"),
                    write.cell(row, "closed_deals", "count"),
                    write.cell(row, "win_rate", "percent"),
                    context.interval(row, "win_rate_low", "win_rate_high"),
                    write.cell(row, "other_win_rate", "percent"),
                    write.cell(row, "difference", "points_bare"),
                    context.interval(row, "difference_low", "difference_high", "points_bare"),
                    _reason(context, row),
                    context.grade(row),
                )
                for row in ordered
            ],
            Sentence(
                "Competitors are compared with other named ones, inside quarters. A deal that names two counts for both. Reasons are what sellers recorded."
            ),
        ),
        "Deals that name no one are left out: competitors are recorded on lost deals more often. A triangle was statistically significant.",
    )


def _shape(row: Record) -> str:
    if row["is_claimed"]:
        return "up" if (row["difference"] or 0) > 0 else "down"
    return "dot" if row["kind"] == "vendor" else "hollow"


def _reason(context: Context, row: Record) -> Cell:
    """The reason stated most often for losses to a competitor, where it has losses enough."""
    reasons = [
        reason
        for reason in context.marts.rows("competitor_loss_reasons", period="window", competitor=row["competitor"])
        if reason["category"] not in ("unspecified", "other")
    ]
    if row["lost_deals"] < context.minimum_deals or not reasons:
        return "–"
    first = max(reasons, key=lambda reason: (reason["lost_deals"], reason["category"]))
    return context.writer.say("{category|label} ({lost_deals|count} of {competitor_lost_deals|count})", first)


def _recorded(context: Context, coverage: Record) -> Block:
    write = context.writer
    return plain_table(
        "Is a competitor recorded?",
        [("On the deal", "left"), ("Deals", "right"), ("of them won", "right")],
        [
            (
                words,
                write.cell(coverage, f"{answer}_deals", "count"),
                write.cell(coverage, f"{answer}_won_deals", "count"),
            )
            for answer, words in (("named", "a name"), ("none", "no competitor"), ("unknown", "not filled in"))
        ],
    )
