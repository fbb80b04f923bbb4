"""Effects that add up on the log odds, and the score test of what is left over."""

import tracemalloc

import numpy as np
import pytest

from winloss.advice import additive

statsmodels = pytest.importorskip("statsmodels.api")


def drawn(seed: int, strata: int = 3, deals: int = 400) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.integers(0, size, deals) for size in (strata, 3, 2, 2)]


@pytest.mark.parametrize("strata", [3, 2, 7])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_score_test_of_a_pair_is_that_of_statsmodels(seed: int, strata: int) -> None:
    """Whichever factor has most values: of the pair, or the stratum beside it."""
    stratum, first, second, won = drawn(seed, strata)
    ones = np.ones(won.size, dtype=np.int64)
    model = additive.fit([stratum, first, second], ones, won)
    z = additive.interaction_z(model, first * 2 + second, 6, ones, won)
    columns = [stratum == i for i in range(strata)] + [first == 1, first == 2, second == 1]
    design = np.column_stack(columns).astype(float)
    fitted = statsmodels.GLM(won, design, family=statsmodels.families.Binomial()).fit()
    assert model.rates == pytest.approx(fitted.fittedvalues, abs=1e-6)
    for cell in range(6):
        extra = (first * 2 + second == cell).astype(float)[:, None]
        assert z[cell] ** 2 == pytest.approx(float(fitted.score_test(exog_extra=extra)[0][0]), abs=1e-5)


def test_folded_deals_say_the_same_as_single_ones() -> None:
    stratum, first, second, won = drawn(4)
    ones = np.ones(won.size, dtype=np.int64)
    single = additive.interaction_z(additive.fit([stratum, first, second], ones, won), first * 2 + second, 6, ones, won)
    keys, row = np.unique(stratum * 6 + first * 2 + second, return_inverse=True)
    deals, wins = np.bincount(row), np.bincount(row, weights=won).astype(np.int64)
    model = additive.fit([keys // 6, keys % 6 // 2, keys % 2], deals, wins)
    assert additive.interaction_z(model, keys % 6, 6, deals, wins) == pytest.approx(single, abs=1e-6)


def test_a_segment_of_wins_only_keeps_the_model_finite() -> None:
    first, won = np.repeat([0, 1, 2], 40), np.repeat([1, 0, 1], 40)
    second = np.arange(120) % 2
    ones = np.ones(120, dtype=np.int64)
    z = additive.interaction_z(additive.fit([0 * first, first, second], ones, won), first * 2 + second, 6, ones, won)
    assert np.isfinite(z).all() and float(np.abs(z).max()) < 1


def test_a_cell_that_is_not_asked_about_changes_no_other() -> None:
    stratum, first, second, won = drawn(5)
    ones = np.ones(won.size, dtype=np.int64)
    model = additive.fit([stratum, first, second], ones, won)
    cell = first * 2 + second
    all_of_them = additive.interaction_z(model, cell, 6, ones, won)
    asked = additive.interaction_z(model, np.where(cell < 4, cell, -1), 4, ones, won)
    assert asked == pytest.approx(all_of_them[:4], abs=1e-12)


def test_a_dimension_of_thousands_of_segments_takes_no_matrix_of_all_of_them() -> None:
    """Of 4,000 segments the information has 16 million numbers, 128 MB, and its inverse took minutes."""
    rng = np.random.default_rng(6)
    first, second = rng.integers(0, 4000, 20_000), rng.integers(0, 5, 20_000)
    won, ones = rng.integers(0, 2, 20_000), np.ones(20_000, dtype=np.int64)
    tracemalloc.start()
    model = additive.fit([0 * first, first, second], ones, won)
    z = additive.interaction_z(model, np.where(first < 100, first * 5 + second, -1), 500, ones, won)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.isfinite(z).all() and peak < 20e6


def test_a_fit_ends_when_no_rate_moves_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newton's method doubles its digits with each step: of three factors that each carry all of their values, only their sum settles."""
    rng = np.random.default_rng(5)
    stratum, first, second = (rng.integers(0, size, 50_000) for size in (24, 8, 8))
    deals = rng.integers(1, 9, 50_000)
    won = rng.binomial(deals, 0.3)
    steps = 0
    inverse = np.linalg.inv

    def counted(matrix: np.ndarray) -> np.ndarray:
        nonlocal steps
        steps += 1
        return inverse(matrix)

    monkeypatch.setattr(np.linalg, "inv", counted)
    model = additive.fit([stratum, first, second], deals, won)
    assert steps <= 8
    # at the maximum, the rates of each value add up to its wins
    for codes in (stratum, first, second):
        expected = np.bincount(codes, weights=deals * model.rates)
        assert expected == pytest.approx(np.bincount(codes, weights=won), abs=1e-2)
