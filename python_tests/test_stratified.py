"""The difference inside strata and its interval, as the macros write it, against figures worked out by hand."""

from __future__ import annotations

import duckdb
import jinja2
import pytest

from python_tests.known_company.project import ROOT

Stratum = tuple[int, int, int, int]
"""Deals, won, exposed deals, exposed and won."""


def compared(strata: list[Stratum]) -> tuple[float | None, float | None, float | None]:
    """Difference and both ends of its interval, of strata."""
    text = (ROOT / "macros" / "stratified.sql").read_text(encoding="utf-8")
    write = jinja2.Environment().from_string(text).module
    sums = write.stratified_sums("deals", "won", "exposed_deals", "exposed_won")  # type: ignore[attr-defined]
    measures = [write.stratified_difference(), write.stratified_low(), write.stratified_high()]  # type: ignore[attr-defined]
    listed = ", ".join(str(stratum) for stratum in strata)
    row = duckdb.execute(
        f"with sums as (select {sums} from (values {listed}) as strata(deals, won, exposed_deals, exposed_won)) "
        f"select {', '.join(measures)} from sums"
    ).fetchone()
    assert row is not None
    return row


def test_the_difference_is_that_of_mantel_and_haenszel_with_the_variance_of_sato() -> None:
    """By hand: of small deals 3 of 4 exposed and 3 of 6 others are won, of large ones 2 of 5 and 1 of 5. Weights 4 x 6 / 10 and 5 x 5 / 10,
    excess (3 x 6 - 3 x 4) / 10 and (2 x 5 - 1 x 5) / 10: difference 1.1 / 4.9, standard error .2054101."""
    assert compared([(10, 6, 4, 3), (10, 3, 5, 2)]) == pytest.approx((0.2244898, -0.1781140, 0.6270936), abs=5e-8)


def test_exposed_and_others_exchanged_turn_the_difference_round() -> None:
    assert compared([(10, 6, 6, 3), (10, 3, 5, 1)]) == pytest.approx((-0.2244898, -0.6270936, 0.1781140), abs=5e-8)


def test_a_stratum_with_one_side_alone_tells_nothing() -> None:
    assert compared([(10, 6, 4, 3), (10, 3, 5, 2), (50, 50, 50, 50), (7, 0, 0, 0)]) == compared(
        [(10, 6, 4, 3), (10, 3, 5, 2)]
    )
    assert compared([(50, 50, 50, 50), (7, 0, 0, 0)]) == (None, None, None)


def test_where_every_deal_of_one_side_is_won_and_none_of_the_other_the_difference_is_one_exactly() -> None:
    assert compared([(20, 10, 10, 10)]) == pytest.approx((1.0, 1.0, 1.0))
