"""Against whom do we win: competitors against one another, with the bounds that deals without a name leave."""

from __future__ import annotations

from winloss.report.charts import Drawing, Mark, Shape, rates
from winloss.report.context import Context, mark
from winloss.report.document import Block, Cell, Pair, Paragraph, Section, Sentence, Table, missing, table
from winloss.report.marts import Record

_SHOWN = 6
_REASONS = 3
_ANSWERS: dict[str, Shape] = {"named": "bar", "none": "pale", "unknown": "open"}


def against_whom(context: Context) -> Section:
    question = "Against whom do we win?"
    sources = ("win_rates_by_competitor", "competition_coverage", "competitors_by_quarter", "competitor_loss_reasons")
    say = context.writer.say
    coverage = context.marts.first("competition_coverage", period="window")
    if coverage is None or not coverage["named_deals"]:
        told = (
            f"No closed deal{context.of_window} names a competitor, so nothing can be said about whom we win against."
        )
        reason = coverage["missing_reason"] if coverage else None
        is_news = reason and reason not in told.lower() and not context.is_told(reason)
        why = say("Why: {missing_reason}.", coverage) if coverage and is_news else None
        joined = context.writer.join(Sentence(told), why)
        return missing(
            "against-whom", question, Sentence(joined.text, joined.sources, "Fix the data"), "competition_coverage"
        )
    rows = context.marts.rows("win_rates_by_competitor", period="window")
    blocks: list[Block] = [Paragraph(sentence, "takeaway") for sentence in _answers(context, rows)]
    blocks += [Paragraph(sentence, "plain") for sentence in (*_moved(context), *_lost_for(context))]
    blocks.append(Paragraph(_coverage(context, coverage), "plain"))
    blocks += [_recorded(context, coverage), _drawn(context, rows, coverage)]
    return Section("against-whom", question, _finding(context, rows, coverage), tuple(blocks), sources)


def _claims(rows: list[Record]) -> list[Record]:
    return sorted((row for row in rows if row["is_claimed"]), key=lambda row: row["claim_step"])


def _finding(context: Context, rows: list[Record], coverage: Record) -> Sentence:
    claims = _claims(rows)
    if claims:
        against = "Against {competitor} we win {win_rate|percent}, other named competitors {other_win_rate|percent}"
        return context.writer.say(against, claims[0], grade="strong")
    return context.writer.say("No competitor stands out; {named_win_rate|percent} won where one is named", coverage)


def _answers(context: Context, rows: list[Record]) -> list[Sentence]:
    say = context.writer.say
    if claims := _claims(rows):
        return [say("{rationale}", row, grade="strong") for row in claims[:2]]
    tested = [row for row in rows if row["grade"] == "directional"]
    if tested:
        return [
            say("{rationale}", min(tested, key=lambda row: (row["p_value"], row["competitor"])), grade="directional")
        ]
    return [Sentence("Too few deals name a competitor to compare one with the others.", (), "Too few deals")]


def _moved(context: Context) -> list[Sentence]:
    """Shares of the contested deals that moved, and those that only follow from another's."""
    say = context.writer.say
    stands = (
        "{competitor} stands on {share|percent} of contested deals, {previous_share|percent} in the previous quarter: "
    )
    rows = context.marts.rows("competitors_by_quarter", quarter=context.quarter)
    told = [say(f"{stands}more than chance.", row, grade="strong") for row in rows if row["is_changed"]]
    follows = f"{stands}no more than follows from what became of {{explained_by}}."
    return told + [say(follows, row) for row in rows if row["explained_by"]]


def _lost_for(context: Context) -> list[Sentence]:
    """Loss reasons that are stated against one competitor more, or less, often than against others."""
    claims = [row for row in context.marts.rows("competitor_loss_reasons", period="window") if row["is_claimed"]]
    claims.sort(key=lambda row: (row["q_value"], -row["lost_deals"], row["competitor"], row["category"]))
    words = (
        "Against {competitor} {lost_deals|count} of {competitor_lost_deals|count} losses were for {category|label} ({share|percent}), "
        "{difference|points} compared with other vendors ({difference_low|points_bare} to {difference_high|points_bare})."
    )
    return [context.writer.say(words, row, grade="strong") for row in claims[:_REASONS]]


def _coverage(context: Context, coverage: Record) -> Sentence:
    bounds = "{win_rate_at_least|percent} and {win_rate_at_most|percent}"
    if not coverage["is_comparable"]:
        return context.writer.say(
            "A competitor is named on {named_share_of_lost|percent} of lost and {named_share_of_won|percent} of won deals: the rate against "
            f"competitors lies between {bounds}. Ask at every close.",
            coverage,
            grade="fix the data",
        )
    return context.writer.say(
        "A competitor is named on {named_share|percent} of closed deals ({named_deals|count} of {closed_deals|count}): the rate against "
        f"competitors lies between {bounds}.",
        coverage,
    )


def _recorded(context: Context, coverage: Record) -> Table:
    """On how many won and lost deals a competitor is named, and on how many there was none or nothing is filled in."""
    write = context.writer

    def marks(outcome: str) -> tuple[Mark, ...]:
        whole, at, drawn = coverage[f"{outcome}_deals"], 0.0, []
        for answer, shape in _ANSWERS.items():
            deals = coverage[f"{answer}_{outcome}_deals"]
            if deals:
                drawn.append(Mark(shape, at + deals / whole, start=at))
                at += deals / whole
        return tuple(drawn)

    return table(
        write.say(
            "A competitor is named on {named_won_deals|count} of {won_deals|count} won and {named_lost_deals|count} of {lost_deals|count} lost deals",
            coverage,
        ),
        ["Deals", ">Named", ">None", "Not filled in"],
        [
            (
                Pair(f"{outcome.capitalize()} deals", write.cell(coverage, f"{outcome}_deals", "count")),
                *(write.cell(coverage, f"{answer}_{outcome}_deals", "count") for answer in _ANSWERS),
            )
            for outcome in ("won", "lost")
        ],
        "Share of the deals of each outcome. Full: a competitor is named. Pale: there was none. Hatched: not filled in.",
        Drawing(rates(), (marks("won"), marks("lost")), 3),
    )


def _drawn(context: Context, rows: list[Record], coverage: Record) -> Table:
    write = context.writer
    chosen = sorted(rows, key=lambda row: (not row["is_claimed"], -row["closed_deals"], row["competitor"]))[:_SHOWN]
    ordered = sorted(chosen, key=lambda row: (row["kind"] != "vendor", -row["win_rate"], row["competitor"]))
    named: tuple[Mark, ...] = (
        Mark("open", coverage["win_rate_at_most"], start=coverage["win_rate_at_least"]),
        *mark(coverage, "named_win_rate", "main"),
    )

    def marks(row: Record) -> tuple[Mark, ...]:
        return mark(row, shape="hollow" if not row["is_claimed"] else "up" if (row["difference"] or 0) > 0 else "down")

    most = max(rows, key=lambda row: (row["closed_deals"], row["competitor"]))
    bounds = write.say(
        "{win_rate_at_least|percent_bare} to {win_rate_at_most|percent} with deals that name no one", coverage
    )
    return table(
        write.say("{competitor} is met most often, in {closed_deals|deals}", most),
        ["Competitor", "Won of closed", "Rate (95%)", "Lost most often for"],
        [
            (
                Pair("Any named", bounds),
                context.of(coverage, "named_won_deals", "named_deals"),
                context.figure(coverage, "named_win_rate"),
                "",
            ),
            *(
                (write.cell(row, "competitor"), context.of(row, "won_deals", "closed_deals"), context.figure(row, "win_rate"), _reason(context, row))
                for row in ordered
            ),
        ],
        "Compared only with deals that name another competitor; a deal that names two counts for both. Hatched: where the rate can lie when deals "
        "that name no one are counted. Dashed: all deals that name one.",
        Drawing(
            rates(coverage["named_win_rate"], f"named {write.cell(coverage, 'named_win_rate', 'percent').shown}"),
            (named, *(marks(row) for row in ordered)),
            2,
        ),
    )  # fmt: skip


def _reason(context: Context, row: Record) -> Cell:
    """The reason stated most often for losses to a competitor, where it has losses enough."""
    reasons = [
        reason
        for reason in context.marts.rows("competitor_loss_reasons", period="window", competitor=row["competitor"])
        if reason["category"] not in ("unspecified", "other") and reason["lost_deals"]
    ]
    if row["lost_deals"] < context.minimum_deals or not reasons:
        return "–"
    first = max(reasons, key=lambda reason: (reason["lost_deals"], reason["category"]))
    return context.writer.say("{category|label} ({lost_deals|count} of {competitor_lost_deals|count})", first)
