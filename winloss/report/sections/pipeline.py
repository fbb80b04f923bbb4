"""Where in the funnel deals are lost, and what the open deals will bring."""

from __future__ import annotations

from winloss.formatting import label
from winloss.report.charts import Drawing, Mark, counts
from winloss.report.context import Context
from winloss.report.document import Block, Cell, Columns, Pair, Paragraph, Section, Sentence, Table, missing, table
from winloss.report.marts import Record

_PIPELINES = 2
_STAGES = 12
_STANDINGS = {
    "target more": "In a target segment",
    "both": "In both",
    "neither": "In neither",
    "deprioritise": "In one to deprioritise",
}


def funnel(context: Context) -> Section:
    question, source = "Where in the funnel do we lose?", "stage_funnel"
    say = context.writer.say
    if not context.marts.has("stage_funnel"):
        return Section("funnel", question, None, ())
    pipelines: dict[str, list[Record]] = {}
    for row in context.marts.rows("stage_funnel"):
        if row["reached_deals"]:
            pipelines.setdefault(row["pipeline"], []).append(row)
    if not pipelines:
        unknown = context.marts.first("data_quality_findings", rule_id="stages_unknown")
        told = (
            say(
                "Where deals are lost cannot be told: for {records|deals} no stage on the way is known. {remedy}",
                unknown,
                grade="fix the data",
            )
            if unknown and unknown["records"]
            else Sentence(f"Where deals are lost cannot be told: no deal{context.of_window} has a stage on record.")
        )
        return missing("funnel", question, told, source, "data_quality_findings")
    largest = sorted(pipelines, key=lambda name: (-max(row["reached_deals"] for row in pipelines[name]), name))[
        :_PIPELINES
    ]
    told_of = [_most_losses(context, pipelines[name], len(pipelines) > 1) for name in largest]
    blocks: list[Block] = [Paragraph(worst, "takeaway") for worst in told_of if worst]
    blocks += [
        Paragraph(_changed(context, row, len(pipelines) > 1), "plain") for row in context.marts.rows("stage_changes")
    ]
    blocks += [_stages(context, pipelines[name], len(pipelines) > 1, name == largest[-1]) for name in largest]
    worst = _worst(pipelines[largest[0]])
    finding = (
        say("Most losses are in {stage}: {share_of_losses|percent}", worst) if worst else Sentence("Deals by stage")
    )
    return Section("funnel", question, finding, tuple(blocks), (source, "stage_changes"))


def _worst(rows: list[Record]) -> Record | None:
    lossy = [row for row in rows if row["share_of_losses"]]
    return min(lossy, key=lambda row: (-row["share_of_losses"], row["stage_order"])) if lossy else None


def _most_losses(context: Context, rows: list[Record], is_named: bool) -> Sentence | None:
    worst = _worst(rows)
    if worst is None:
        return None
    where = "Pipeline {pipeline}: " if is_named else ""
    words = "lost deal ended" if worst["lost_deals"] == 1 else "lost deals ended"
    return context.writer.say(
        f"{where}{{lost_deals|count}} {words} in {{stage}}, {{share_of_losses|percent}} ({{share_of_losses_low|percent_bare}} to "
        f"{{share_of_losses_high|percent_bare}}) of the losses{context.of_window} with a known stage.",
        worst,
    )


def _changed(context: Context, row: Record, is_named: bool) -> Sentence:
    where = " of pipeline {pipeline}" if is_named else ""
    return context.writer.say(
        f"Within {{within_days|count}} days {{advance_rate|percent}} of deals went on from {{stage}}{where}, {{previous_advance_rate|percent}} in the "
        "previous quarter: {change|points} ({change_low|points_bare} to {change_high|points_bare}).",
        row,
        grade="strong" if row["is_changed"] else "directional",
    )


def _stages(context: Context, rows: list[Record], is_named: bool, is_last: bool) -> Table:
    """The stages of a pipeline; the key of the marks stands under the last one."""
    write = context.writer
    ordered = sorted(rows, key=lambda row: (row["stage_order"], row["stage"]))[:_STAGES]

    def bars(row: Record) -> tuple[Mark, ...]:
        parts, start = [], 0.0
        for column, shape in (
            ("advanced_deals", "bar"),
            ("lost_deals", "lost"),
            ("disqualified_deals", "pale"),
            ("open_deals", "open"),
        ):
            if row[column]:
                parts.append(Mark(shape, start + row[column], start=start))  # type: ignore[arg-type]
                start += row[column]
        return tuple(parts)

    return table(
        write.say("Pipeline {pipeline}: what became of the deals that reached a stage", ordered[0])
        if is_named
        else "What became of the deals that reached a stage",
        ["Stage", "Reached", "Advanced (95%)", "Share of losses (95%)", ">Median days"],
        [
            (
                write.cell(row, "stage"),
                write.cell(row, "reached_deals", "count"),
                context.figure(row, "advance_rate"),
                context.figure(row, "share_of_losses"),
                context.or_dash(row, "median_stage_days", "count"),
            )
            for row in ordered
        ],
        "Full: advanced. Striped: lost there. Grey: disqualified. Hatched: still open. Stages differ by design and are not compared with each other."
        if is_last
        else "",
        Drawing(counts(float(max(row["reached_deals"] for row in ordered))), tuple(bars(row) for row in ordered), 2),
    )


def open_deals(context: Context) -> Section:
    question, sources = "Which open deals does this concern?", ("open_pipeline", "open_pipeline_by_profile")
    if not context.marts.has("open_pipeline"):
        return Section("open-deals", question, None, ())
    say = context.writer.say
    row = context.marts.first("open_pipeline", dimension="all")
    if row is None:
        told = Sentence(
            "No open deal states when it was created, so what is to come cannot be told. Export open deals too, and the day each was created."
        )
        return missing("open-deals", question, told, "open_pipeline")
    if row["expected_wins"] is None:
        why = say("What {open_deals|deals} open will bring cannot be told: {missing_reason}.", row)
        return missing("open-deals", question, why, "open_pipeline")
    window = context.baseline("window")
    is_thin = window is None or (window["closed_deals"] or 0) < context.minimum_deals
    worth = row["open_amount"] is not None and row["expected_amount"] is not None
    finding = say(
        "{expected_wins|wins} to come from {open_deals|open_deals}"
        + (", worth {expected_amount|money_short}" if worth else ""),
        row,
    )
    told_of = [
        say(
            "Of {open_deals|deals} open on {as_of_on|day}, {expected_wins|count} ({expected_wins_low|count} to {expected_wins_high|count}) will be won "
            f"at the pace{context.of_window or ' of the closed ones'}.",
            row,
            grade="too few deals" if is_thin else None,
        )
    ]
    if row["stale_deals"]:
        words = "is stale, older than almost any deal ever won: close or re-qualify it."
        if row["stale_deals"] > 1:
            words = "are stale, older than almost any deal ever won: close or re-qualify them."
        told_of.append(say(f"{{stale_deals|count}} {words}", row))
    if worth and row["amount_per_won_amount"] is not None:
        pipeline = (
            "Of {open_amount|money_short} open, {expected_amount|money_short} is to be expected: to win as much again takes "
            "{amount_per_won_amount|number_short} times as much pipeline."
        )
        told_of.append(say(pipeline, row))
    joined = context.writer.join(*told_of)
    blocks: list[Block] = [Paragraph(Sentence(joined.text, joined.sources, told_of[0].grade), "takeaway")]
    standings, segments = _standings(context), _segments(context)
    drawn = [_open_table(context, rows) for rows in (standings, segments) if rows]
    if drawn:
        blocks.append(Columns(tuple(drawn)))
        which = "Which deals: the private worklist that winloss quarterly writes. Which accounts: winloss accounts."
        if standings and any(row["open_deals"] and row["expected_wins"] is None for row in _by_profile(context)):
            which = f"Groups of too few open deals to be shown are not drawn. {which}"
        blocks.append(Paragraph(Sentence(which), "note"))
    return Section("open-deals", question, finding, tuple(blocks), sources)


def _segments(context: Context) -> list[Record]:
    """Segments of the first dimension, in their order, of which two or more have open deals; the largest come first."""
    for dimension in context.marts.rows("dim_dimensions"):
        rows = context.marts.rows("open_pipeline", dimension=dimension["dimension"])
        rows = [row for row in rows if row["open_deals"] and row["expected_wins"] is not None]
        if len(rows) > 1:
            return rows
    return []


def _by_profile(context: Context) -> list[Record]:
    return context.marts.rows("open_pipeline_by_profile")


def _standings(context: Context) -> list[Record]:
    """Open deals by what the advice says of their segments, those to target more first; none where nothing is advised for."""
    rows = [row for row in _by_profile(context) if row["open_deals"] and row["expected_wins"] is not None]
    return rows if rows and rows[0]["profile_standing"] == "target more" else []


def _open_table(context: Context, rows: list[Record]) -> Table:
    write = context.writer
    is_standing = "profile_standing" in rows[0]
    most = float(max(row["open_deals"] for row in rows))

    def name(row: Record) -> Cell:
        amount = write.say("{open_amount|money_short} open", row) if row["open_amount"] is not None else ""
        return (
            Pair(_STANDINGS[row["profile_standing"]], amount)
            if is_standing
            else Pair(write.cell(row, "segment"), amount)
        )

    def marks(row: Record) -> tuple[Mark, ...]:
        fresh = float(row["open_deals"] - (row["stale_deals"] or 0))
        return (
            Mark("pale", fresh),
            Mark("open", float(row["open_deals"]), start=fresh),
            Mark("main", row["expected_wins"], row.get("expected_wins_low"), row.get("expected_wins_high")),
        )

    def wins(row: Record) -> Cell:
        return (
            write.cell(row, "expected_wins", "number_short")
            if is_standing
            else context.figure(row, "expected_wins", "number_short")
        )

    verb = "is" if rows[0]["open_deals"] == 1 else "are"
    title = (
        write.say(
            f"{{open_deals|open_deals}}, {{share|percent}}, {verb} in a target segment and in none to deprioritise",
            rows[0],
        )
        if is_standing
        else write.say("{segment} holds {open_deals|count} of them", rows[0])
    )
    kind = "Standing" if is_standing else label(rows[0]["dimension"])
    pace = (
        "the average pace: the advice was drawn from closed deals of the same kind"
        if is_standing
        else "the pace of the segment"
    )
    return table(
        title,
        [kind, "Open", "Stale", "Wins to come" + ("" if is_standing else " (95%)")],
        [
            (name(row), write.cell(row, "open_deals", "count"), context.or_dash(row, "stale_deals", "count"), wins(row))
            for row in rows
        ],
        f"Grey: open. Hatched: stale. Dot: wins to come, at {pace}.",
        Drawing(counts(most), tuple(marks(row) for row in rows), 3),
    )
