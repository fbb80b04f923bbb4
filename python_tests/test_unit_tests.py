"""The unit tests beside the models: they check the code, so that a user's build does without them."""

import json
import re

from python_tests.conftest import ROOT, SampleBuild


def test_every_unit_test_beside_a_model_passes(sample_build: SampleBuild) -> None:
    written = sum(
        len(
            re.findall(
                r"^  - name: ", path.read_text(encoding="utf-8").partition("\nunit_tests:")[2], flags=re.MULTILINE
            )
        )
        for path in (ROOT / "models").rglob("*.yml")
    )
    run = sample_build.dbt("test", "--select", "test_type:unit", target="unit_tests")
    results = json.loads((sample_build.folder / "unit_tests" / "run_results.json").read_text(encoding="utf-8"))[
        "results"
    ]
    passed = [
        result["unique_id"]
        for result in results
        if result["unique_id"].startswith("unit_test.") and result["status"] == "pass"
    ]
    assert run.returncode == 0, run.stdout
    assert len(passed) == written
