"""The unit tests beside the models: `make check` runs them, so that neither a user's build nor `make test` has to."""

import json
import re

from python_tests.conftest import ROOT, SampleBuild


def test_dbt_knows_every_unit_test_written_beside_a_model(sample_build: SampleBuild) -> None:
    written = [
        name
        for path in (ROOT / "models").rglob("*.yml")
        for name in re.findall(
            r"^  - name: (\S+)", path.read_text(encoding="utf-8").partition("\nunit_tests:")[2], flags=re.MULTILINE
        )
    ]
    known = [test["name"] for test in sample_build.manifest["unit_tests"].values()]
    assert sorted(known) == sorted(written)
    assert len(written) > 50


def test_a_unit_test_is_about_the_setting_that_it_states_and_not_about_that_of_the_build(
    sample_build: SampleBuild,
) -> None:
    # the sample has no mapping; with one the words it calls won are stages in which deals close
    name = "words_that_a_mapping_calls_won_are_stages_in_which_deals_close"
    run = sample_build.dbt("test", "--select", name, target="unit_tests")
    assert run.returncode == 0, run.stdout
    results = json.loads((sample_build.folder / "unit_tests" / "run_results.json").read_text(encoding="utf-8"))
    assert [node["status"] for node in results["results"] if node["unique_id"].endswith(name)] == ["pass"]
