"""A Spark server sees no file of the project: what dbt tells it is all that it knows."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.spark_servers import thrift
from python_tests import spark_companies
from python_tests.known_company.project import SHARED_MANIFESTS, copy_project
from python_tests.test_spark_parity import what_is_missing

pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(what_is_missing() is not None, reason=str(what_is_missing())),
]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    import pyspark

    folder = tmp_path_factory.mktemp("server")
    home = Path(pyspark.__file__).parent
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**spark_companies.spark_environment(folder), "SPARK_HOME": str(home)}.items():
            patch.setitem(os.environ, name, value)
        with thrift(home, folder) as found:
            yield found


def test_settings_reach_a_server_by_their_seed_and_not_by_an_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    there = copy_project(tmp_path)
    question = (
        "select {{ setting('minimum_deals') if execute }} + {{ setting('pair_minimum_deals') if execute }} as deals"
    )
    (tmp_path / "analyses" / "asked.sql").write_text(question, encoding="utf-8")
    first = "run dbt seed --select settings --target spark_thrift first."

    def asked() -> tuple[int, str]:
        run = there.dbt("compile", "--select", "asked", variables={"minimum_deals": 41}, **environment)
        return run.exit_code, run.shown

    code, said = asked()
    assert code and first in said
    seeded = there.dbt("seed", "--select", "settings", **environment)
    assert seeded.exit_code == 0, seeded.shown
    code, said = asked()
    assert not code, said
    assert "select 41 + 10" in said
    # another version of the project declares another default
    declared = tmp_path / "seeds" / "settings.csv"
    text = declared.read_text(encoding="utf-8")
    declared.write_text(text.replace(",10,counting", ",11,counting"), encoding="utf-8")
    # as a command would: what dbt parsed for the test before is not used
    monkeypatch.delenv(SHARED_MANIFESTS)
    there.manifests.clear()
    code, said = asked()
    assert code and first in said


def test_the_sample_company_on_a_server_needs_a_place_that_the_server_reads(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    there = copy_project(tmp_path)
    assert there.dbt("seed", "--select", "settings", **environment).exit_code == 0
    run = there.dbt("run", "--select", "base_deal_lines", WINLOSS_CRM="sample", **environment)
    assert run.exit_code and "name that folder in WINLOSS_SAMPLE." in run.shown
