"""The first screen of the README is true."""

import re

from python_tests.conftest import ROOT, SampleBuild
from winloss.report import build_report
from winloss.report.results import results

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_readme_shows_what_a_build_of_the_sample_prints(sample_build: SampleBuild) -> None:
    published = sample_build.folder / "published.duckdb"
    printed = "\n".join(results(sample_build.database, published, build_report(published).headline.text))
    shown = re.search(r"^```\n(1,042 deals.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
    assert shown is not None
    assert shown[1].strip() == printed.strip()


def test_the_picture_is_small_and_described_by_the_headline_it_shows(sample_build: SampleBuild) -> None:
    (described,) = re.findall(r"!\[([^\]]+)\]\(docs/report\.png\)", README)
    headline = build_report(sample_build.folder / "published.duckdb").headline.text
    assert headline.replace("\N{NO-BREAK SPACE}", " ") in described
    picture = (ROOT / "docs/report.png").read_bytes()
    assert picture.startswith(b"\x89PNG") and len(picture) < 120_000
    assert README.index("docs/report.png") < README.index("make build")


def test_every_make_target_of_the_readme_exists() -> None:
    named = set(re.findall(r"\bmake ([a-z-]+)", README)) - {"it", "an"}
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert {"build", "test", "docs", "test-mutations"} <= named
    assert named <= targets


def test_set_up_without_make_installs_what_make_does_and_runs_the_same() -> None:
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").split("$(VENV)/.installed: ")[1].split("\n\n")[0]
    installed = re.findall(r"pip install .*?((?:--require-hashes|--no-deps).*)", recipe)
    assert len(installed) == 2
    lines = [f".venv/bin/pip install {what}" for what in installed]
    assert "\n".join(["python3 -m venv .venv", *lines, ".venv/bin/winloss run", ""]) in README
