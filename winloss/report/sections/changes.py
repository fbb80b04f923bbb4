"""Why the win rate moved: other deals, other records, or like deals won more or less often."""

from __future__ import annotations

from winloss.formatting import label, points_bare
from winloss.report.charts import Row, RowChart, points_scale
from winloss.report.context import Context
from winloss.report.document import Block, Chart, Paragraph, Section, Sentence, plain_table
from winloss.report.marts import Record

_COMPARISONS = ("previous_quarter", "year_before")
_PARTS = {
    "total": "total",
    "mix": "which deals closed",
    "recording": "how they were recorded",
    "within": "winning like deals",
}
_NAMED = 3

Parts = dict[str, Record]


def why_it_moved(context: Context) -> Section:
    title, sources = "Why did the win rate move", ("win_rate_changes", "win_rate_change_segments")
    if not context.marts.has("win_rate_changes"):
        return Section("why-moved", title, ())
    rows = context.marts.rows("win_rate_changes")
    found = [
        {row["part"]: row for row in rows if row["comparison"] == comparison and row["change"] is not None}
        for comparison in _COMPARISONS
    ]
    compared: list[Parts] = [parts for parts in found if len(parts) == len(_PARTS)]
    if not compared:
        if context.is_undated:
            undated = Paragraph(
                Sentence("No deal has a closed date, so there are no two quarters to compare."), "missing"
            )
            return Section("why-moved", title, (undated,), ("win_rate_changes",))
        reason = next((row for row in rows if row["missing_reason"]), None)
        told = (
            context.writer.say("Why the win rate moved cannot be told: {missing_reason}.", reason)
            if reason
            else Sentence("There is no earlier quarter with closed deals to compare with. Export older deals too.")
        )
        return Section("why-moved", title, (Paragraph(told, "missing"),), ("win_rate_changes",))
    blocks: list[Block] = []
    said: set[str] = set()
    for parts in compared:
        for sentence in _takeaways(context, parts):
            # both comparisons may hide as large a change
            if sentence.text not in said:
                blocks.append(Paragraph(sentence, "takeaway"))
            said.add(sentence.text)
    for parts in compared:
        blocks += [Paragraph(sentence, "plain") for sentence in _segments(context, parts)]
    blocks.append(_chart(context, compared))
    for parts in compared:
        if parts["mix"]["is_claimed"]:
            blocks.append(_dimensions(context, parts["mix"]))
    return Section("why-moved", title, tuple(blocks), sources)


def _takeaways(context: Context, parts: Parts) -> list[Sentence]:
    say = context.writer.say
    total, within = parts["total"], parts["within"]
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
    if parts["mix"]["is_claimed"]:
        told.append(
            say(
                "Since {compared_quarter}, which deals closed moved the win rate by {change|points} ({change_low|points_bare} to "
                "{change_high|points_bare}).",
                parts["mix"],
                grade="strong",
            )
        )
    if within["is_claimed"]:
        often = "more" if within["change"] > 0 else "less"
        told.append(
            say(
                f"Since {{compared_quarter}}, winning like deals {often} often moved the win rate by {{change|points}} "
                "({change_low|points_bare} to {change_high|points_bare}).",
                within,
                grade="strong",
            )
        )
    if total["verdict"] == "recording":
        told.append(
            say(
                "Since {total.compared_quarter}, {recording.change|points} of {total.change|points_bare} come from fields filled in more or less "
                "often, not from other deals. Compare again when fields are complete.",
                grade="fix the data",
                **parts,
            )
        )
    if told:
        return told
    return [
        say(
            "{total.change|points} since {total.compared_quarter}: {mix.change|points_bare} from which deals closed, {recording.change|points_bare} "
            "from how they were recorded, {within.change|points_bare} from winning like deals.",
            grade="directional",
            **parts,
        ),
        say(
            "Chance alone could do this: at {closed_deals|deals} only a change of {visible_change|points_size} would show.",
            within,
        ),
    ]


def _segments(context: Context, parts: Parts) -> list[Sentence]:
    say = context.writer.say
    total, mix = parts["total"], parts["mix"]
    rows = context.marts.rows("win_rate_change_segments", comparison=total["comparison"])
    told = [
        say(
            "{segment} ({dimension|label}) since {compared_quarter}: {rate_change|points}, other deals {other_rate_change|points_bare}; the "
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
    often, moved = ("less", "rose") if total["change"] > 0 else ("more", "fell")
    told += [
        say(
            f"Every value of {{dimension|label}} with deals enough was won {often} often than in {{compared_quarter}}, yet the total {moved}: more "
            f"deals came from where we win {'more' if total['change'] > 0 else 'less'} often.",
            row,
            grade="strong" if is_claimed else "directional",
        )
        for _, row in sorted(against.items())
    ]
    return told


def _shape(row: Record) -> str:
    if row["is_claimed"]:
        return "up" if row["change"] > 0 else "down"
    return "main" if row["part"] == "total" else "dot"


def _chart(context: Context, compared: list[Parts]) -> Chart:
    write = context.writer
    ordered = [parts[part] for parts in compared for part in _PARTS]
    drawn = tuple(
        Row(
            f"since {row['compared_quarter']}" if row["part"] == "total" else _PARTS[row['part']],
            row["change"], row["change_low"], row["change_high"],
            shape=_shape(row), right=(points_bare(row["change"]),), is_bold=row["part"] == "total",
        )
        for row in ordered
    )  # fmt: skip
    return Chart(
        "why-moved",
        "The change of the win rate and its parts",
        "Below each comparison its parts: a dot per part with its 95% interval, in points of win rate, about a line at no change.",
        RowChart(drawn, ("points",), *points_scale(drawn), (0.0, "no change")),
        plain_table(
            "The change of the win rate and its parts",
            [
                ("Part", "left"),
                ("Compared with", "left"),
                ("Win rate then", "right"),
                ("Win rate", "right"),
                ("Points", "right"),
                ("interval", "right"),
            ],
            [
                (
                    _PARTS[row["part"]],
                    write.cell(row, "compared_quarter"),
                    write.cell(row, "compared_win_rate", "percent"),
                    write.cell(row, "win_rate", "percent"),
                    write.cell(row, "change", "points_bare"),
                    context.interval(row, "change_low", "change_high", "points_bare"),
                )
                for row in ordered
            ],
        ),
        "Parts add up to the total, each rounded by itself. A triangle is too large to be chance. Effects of segments are learned from the trailing window.",
    )


def _dimensions(context: Context, mix: Record) -> Chart:
    """Which dimensions the change of mix came from; asked only where mix is claimed."""
    write = context.writer
    rows = {
        row["dimension"]: row
        for row in context.marts.rows("win_rate_change_segments", comparison=mix["comparison"])
        if row["dimension_contribution"] is not None
    }
    ordered = sorted(rows.values(), key=lambda row: (-abs(row["dimension_contribution"]), row["dimension"]))
    drawn = tuple(
        Row(
            label(row["dimension"]), row["dimension_contribution"], row["dimension_contribution_low"], row["dimension_contribution_high"],
            right=(points_bare(row["dimension_contribution"]),),
        )
        for row in ordered
    )  # fmt: skip
    return Chart(
        f"mix-{mix['comparison'].replace('_', '-')}",
        "Where the other deals came from",
        "A dot per dimension with its 95% interval: the points that other shares of its segments explain.",
        RowChart(drawn, ("points",), *points_scale(drawn), (0.0, "no change")),
        plain_table(
            "Where the other deals came from",
            [("Dimension", "left"), ("Points", "right"), ("interval", "right")],
            [
                (
                    write.cell(row, "dimension", "label"),
                    write.cell(row, "dimension_contribution", "points_bare"),
                    context.interval(row, "dimension_contribution_low", "dimension_contribution_high", "points_bare"),
                )
                for row in ordered
            ],
        ),
        f"Points that came from which deals closed, by dimension, since {mix['compared_quarter']}.",
    )
