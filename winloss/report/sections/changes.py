"""Why the win rate moved: the trend over quarters, and how much came from other deals, other records, or winning like deals more often."""

from __future__ import annotations

from winloss.report.charts import Drawing, Mark, Quarter, Quarters, Scale, Shape, differences
from winloss.report.context import Context, mark
from winloss.report.document import (
    Block,
    Cell,
    Chart,
    Columns,
    Pair,
    Paragraph,
    Section,
    Sentence,
    Table,
    missing,
    table,
)
from winloss.report.marts import Record

_PARTS = {
    "mix": ("Mix", "which deals closed"),
    "recording": ("Recording", "which fields were filled in"),
    "within": ("Within", "winning like deals"),
}
_NAMED = 2
_QUARTERS = 8

Parts = dict[str, Record]


def why_it_moved(context: Context) -> Section:
    question, sources = (
        "Why did the win rate move?",
        ("win_rate_changes", "win_rate_change_segments", "win_rates_by_quarter", "win_rate_trend"),
    )
    rows = _ended(context)
    if not any(row["closed_deals"] for row in rows):
        lacking = "No deal has a closed date" if context.is_undated else "No deal is closed"
        return missing("why", question, Sentence(f"{lacking}, so there are no two quarters to compare."), *sources[:1])
    compared = [
        parts for parts in (context.compared(name) for name in ("previous_quarter", "year_before")) if len(parts) == 4
    ]
    blocks: list[Block] = [
        Paragraph(sentence, "takeaway")
        for place, parts in enumerate(compared)
        for sentence in _answers(context, parts, is_first=place == 0)
    ]
    if not compared:
        reason = next((row for row in context.marts.rows("win_rate_changes") if row["missing_reason"]), None)
        blocks.append(
            Paragraph(
                context.writer.say("Why it moved cannot be told: {missing_reason}.", reason)
                if reason
                else Sentence("There is no earlier quarter with closed deals to compare with. Export older deals too."),
                "missing",
            )
        )
    scale = _scale(compared)
    if compared:
        blocks.append(Columns(tuple(_bridge(context, parts, scale) for parts in compared)))
    blocks += [
        Paragraph(
            context.writer.say(
                "Here closed deals that nothing in the export tells apart, as lines of a split opportunity are, count once: "
                "{closed_deals} of the {lines.closed_deals} of {quarter}.",
                parts["total"],
                lines=row,
            ),
            "note",
        )
        for parts in compared[:1]
        for row in rows
        if row["quarter"] == parts["total"]["quarter"] and row["closed_deals"] > parts["total"]["closed_deals"]
    ]
    blocks += [_fields(context, parts["mix"]) for parts in compared if parts["mix"]["is_claimed"]]
    blocks.append(_trend(context, rows))
    return Section("why", question, _finding(context, compared), tuple(blocks), sources)


def _ended(context: Context) -> list[Record]:
    # a quarter after the last day of the data is one of mistyped years
    everything = context.period("all")
    until = everything["as_of_on"] if everything else None
    rows = context.marts.rows("win_rates_by_quarter")
    return [row for row in rows if until is None or row["starts_on"] <= until][-_QUARTERS:]


def _finding(context: Context, compared: list[Parts]) -> Sentence:
    if not compared:
        return Sentence("The win rate by quarter")
    say, totals = context.writer.say, [parts["total"] for parts in compared]
    told = [say("{change|points} since {compared_quarter}", row) for row in totals]
    words = ", ".join(sentence.text for sentence in told)
    verdict = "too much to be chance" if any(row["is_claimed"] for row in totals) else "chance alone could do this"
    if all(row["is_claimed"] for row in totals) or not any(row["is_claimed"] for row in totals):
        return Sentence(f"{words}: {verdict}", tuple(source for sentence in told for source in sentence.sources))
    return Sentence(
        "; ".join(
            f"{sentence.text}: {'too much to be chance' if row['is_claimed'] else 'chance alone could do this'}"
            for sentence, row in zip(told, totals)
        ),
        tuple(source for sentence in told for source in sentence.sources),
    )


def _answers(context: Context, parts: Parts, is_first: bool = True) -> list[Sentence]:
    say = context.writer.say
    total, mix, within = parts["total"], parts["mix"], parts["within"]
    told: list[Sentence] = []
    if total["is_claimed"]:
        told.append(
            say(
                f"The win rate {'rose' if total['change'] > 0 else 'fell'} from {{compared_win_rate|percent}} in {{compared_quarter}} to "
                "{win_rate|percent} in {quarter}: {change|points} ({change_low|points_bare} to {change_high|points_bare}), too much to be chance.",
                total,
                grade="strong",
            )
        )
    for part, cause in (
        (mix, "which deals closed"),
        (within, f"winning like deals {'more' if within['change'] > 0 else 'less'} often"),
    ):
        if part["is_claimed"]:
            words = (
                f"Since {{part.compared_quarter}}, {cause} moved the win rate by {{part.change|points}} ({{part.change_low|points_bare}} to "
                "{part.change_high|points_bare})"
            )
            most = _most(context, mix) if part is mix else None
            if most:
                words += ": {most.segment} ({most.dimension|lower}) made {most.share|percent} of deals, {most.compared_share|percent} before"
                told.append(say(f"{words}.", grade="strong", part=part, most=most))
            else:
                told.append(say(f"{words}.", grade="strong", part=part))
    if total["verdict"] == "recording":
        field = _field(context, parts["recording"])
        told.append(
            say(
                "Since {total.compared_quarter}, {recording.change|points} of {total.change|points_bare} come from fields filled in more or less "
                "often, not from other deals. Compare again when "
                + ("{field.dimension|lower} is complete." if field else "fields are complete."),
                grade="fix the data",
                **parts,
                **({"field": field} if field else {}),
            )
        )
    if not told:
        told = [
            say(
                "Of {total.change|points} since {total.compared_quarter}, {mix.change|points_bare} come from which deals closed, "
                "{recording.change|points_bare} from how they were recorded, {within.change|points_bare} from winning like deals. Chance alone "
                + (
                    "could do this: at {within.closed_deals|deals} only {within.visible_change|points_size} would show."
                    if is_first
                    else "could do this as well."
                ),
                grade="directional",
                **parts,
            )
        ]
    return told + _segments(context, parts)


def _most(context: Context, mix: Record) -> Record | None:
    """The known segment whose share of the deals moved the win rate most, the way the mix did and by more than chance."""
    rows = [
        row
        for row in context.marts.rows("win_rate_change_segments", comparison=mix["comparison"])
        if row["segment"] != "unknown"
        and (row["contribution"] or 0) * mix["change"] > 0
        and row["contribution_low"] * row["contribution_high"] > 0
    ]
    return min(rows, key=lambda row: (-abs(row["contribution"]), row["dimension"], row["segment"]), default=None)


def _field(context: Context, recording: Record) -> Record | None:
    """The field whose empty values moved the win rate most."""
    rows = [
        row
        for row in context.marts.rows("win_rate_change_segments", comparison=recording["comparison"])
        if row["segment"] == "unknown" and row["contribution"]
    ]
    return min(rows, key=lambda row: (-abs(row["contribution"]), row["dimension"]), default=None)


def _segments(context: Context, parts: Parts) -> list[Sentence]:
    say = context.writer.say
    total, mix = parts["total"], parts["mix"]
    rows = context.marts.rows("win_rate_change_segments", comparison=total["comparison"])
    told = [
        say(
            "{segment} ({dimension|lower}) since {compared_quarter}: {rate_change|points}, other deals {other_rate_change|points_bare}; the "
            "difference is {difference|points} ({difference_low|points_bare} to {difference_high|points_bare}).",
            row,
            grade="strong",
        )
        for row in sorted(
            (row for row in rows if row["is_changed"]), key=lambda row: (row["q_value"], row["dimension"], row["segment"])
        )[:_NAMED]
    ]  # fmt: skip
    against = {row["dimension"]: row for row in rows if row["is_simpson"]}
    is_claimed = mix["is_claimed"] and mix["change"] * total["change"] > 0
    often, moved, more = ("less", "rose", "more") if total["change"] > 0 else ("more", "fell", "less")
    told += [
        say(
            f"Every value of {{dimension|lower}} with deals enough was won {often} often than in {{compared_quarter}}, yet the total {moved}: more "
            f"deals came from where we win {more} often.",
            row,
            grade="strong" if is_claimed else "directional",
        )
        for _, row in sorted(against.items())
    ]
    return told


def _scale(compared: list[Parts]) -> Scale:
    """40 to 80 %, or as much more as holds every interval; both comparisons share it."""
    ends = [0.4, 0.8]
    for parts in compared:
        total = parts["total"]
        ends += [
            total[name] for name in ("win_rate_low", "win_rate_high", "compared_win_rate_low", "compared_win_rate_high")
        ]
        ends += [total["compared_win_rate"] + parts["within"][name] for name in ("change_low", "change_high")]
    low, high = max(0.0, int(min(ends) * 10) / 10), min(1.0, -(-round(max(ends) * 100) // 10) / 10)
    middle = (low + high) / 2
    return Scale(low, high, ((low, f"{low:.0%}"), (middle, f"{middle:.0%}"), (high, f"{high:.0%}")))


def _bridge(context: Context, parts: Parts, scale: Scale) -> Table:
    """From the win rate then to the win rate now, step by step."""
    write = context.writer
    total = parts["total"]
    cells: list[tuple[Cell, ...]] = [
        (write.cell(total, "compared_quarter"), context.figure(total, "compared_win_rate"))
    ]
    marks: list[tuple[Mark, ...]] = [mark(total, "compared_win_rate")]
    at = total["compared_win_rate"]
    for part, words in _PARTS.items():
        row = parts[part]
        end = at + row["change"]
        marks.append((Mark("step", end, at + row["change_low"], at + row["change_high"], at),))
        cells.append((Pair(*words), context.figure(row, "change", "points_bare")))
        at = end
    cells.append((write.cell(total, "quarter"), context.figure(total, "win_rate")))
    marks.append(mark(total, "win_rate", "main"))
    claimed = [part for part in _PARTS if parts[part]["is_claimed"]]
    # an interval of 95% may leave out zero where that of a claim does not
    promising = [part for part in _PARTS if parts[part]["change_low"] * parts[part]["change_high"] > 0]
    if claimed:
        title = write.say(f"Since {{compared_quarter}}: {claimed[0]} moved it by {{change|points}}", parts[claimed[0]])
    elif promising:
        title = write.say(
            f"Since {{compared_quarter}}: no step is proven; {promising[0]} may have moved it by {{change|points}}",
            parts[promising[0]],
        )
    else:
        title = write.say("Since {compared_quarter}: no step is larger than chance", total)
    return table(
        title,
        ["Win rate and steps", "% or points (95%)"],
        cells,
        "Steps add up to the change; each is rounded by itself.",
        Drawing(scale, tuple(marks), 1),
    )


def _fields(context: Context, mix: Record) -> Table:
    """The mix by field: of a claimed one alone, for the fields of another differ by chance."""
    write = context.writer
    by_field = {
        row["dimension"]: row
        for row in context.marts.rows("win_rate_change_segments", comparison=mix["comparison"])
        if row["dimension_contribution"] is not None
    }
    rows = sorted(by_field.values(), key=lambda row: (-abs(row["dimension_contribution"]), row["dimension"]))
    marks = tuple(mark(row, "dimension_contribution", "step") for row in rows)
    return table(
        write.say("Since {compared_quarter}: which deals closed, by field", mix),
        ["Field", "Points (95%)"],
        [
            (write.cell(row, "dimension", "label"), context.figure(row, "dimension_contribution", "points_bare"))
            for row in rows
        ],
        "Fields add up to the mix; fields that say much the same share what they move.",
        Drawing(differences([one for marked in marks for one in marked]), marks, 1),
    )


def _trend(context: Context, rows: list[Record]) -> Chart:
    write = context.writer
    # the rate of a quarter that goes on will still move: it is drawn, and not told
    ended = [row for row in rows if not row["is_partial"]]
    latest = (ended or rows)[-1]

    def shape(row: Record) -> Shape:
        return "down" if row["is_outside_limits"] else "main" if row is latest and ended else "hollow"

    drawn = []
    for row in rows:
        year, _, name = row["quarter"].rpartition("-")
        drawn.append(
            Quarter(
                name, year, row["win_rate"], row["win_rate_low"], row["win_rate_high"], row["lower_limit"], row["upper_limit"], shape(row)
            )
        )  # fmt: skip
    described = write.say(
        "Win rate by quarter; in {quarter} {win_rate|percent}, where the average is {center_line|percent}.", latest
    )
    return Chart(
        "trend",
        trend_words(context, rows),
        described,
        Quarters(tuple(drawn), rows[-1]["center_line"]),
        table(
            "Win rate by quarter",
            ["Quarter", ">Won of closed", ">Win rate (95%)", ">Limits"],
            [
                (
                    write.cell(row, "quarter"),
                    context.of(row, "won_deals", "closed_deals"),
                    context.figure(row, "win_rate"),
                    context.interval(row, "lower_limit", "upper_limit"),
                )
                for row in rows
            ],
        ),
        "Dot: quarter, with 95% interval. Dashed: average of all quarters. Shaded: limits within which a quarter varies by chance; a diamond is "
        "outside them.",
    )


def trend_words(context: Context, rows: list[Record]) -> Sentence:
    """Whether there is a trend: outside the limits first, then a shift to one side of the average, then the score test."""
    say = context.writer.say
    outside = [row for row in rows if row["is_outside_limits"]]
    if outside:
        return say(
            "{quarter} lies outside its limits: {win_rate|percent} where chance alone gives {lower_limit|percent} to {upper_limit|percent}. "
            "Something changed.",
            outside[-1],
            grade="strong",
        )
    row = context.marts.first("win_rate_trend")
    if row is None or row["z"] is None:
        return Sentence("Too few quarters have ended to judge a trend")
    from_to = "From {first_win_rate|percent} to {last_win_rate|percent} in {quarters|count} quarters"
    way = "rise" if row["z"] > 0 else "fall"
    if row["grade"] == "strong":
        return say(f"{from_to}: a steady {way}, by more than chance (z = {{z|two_decimals}})", row, grade="strong")
    if row["is_shift"]:
        return say(
            f"{from_to}: the rate has left its average for one side of it, by more than chance", row, grade="strong"
        )
    if row["grade"] == "directional":
        return say(
            f"{from_to}: a steady {way} is likelier than not, not proven (z = {{z|two_decimals}})",
            row,
            grade="directional",
        )
    return say(f"{from_to}: no trend (z = {{z|two_decimals}})", row, grade="no difference")
