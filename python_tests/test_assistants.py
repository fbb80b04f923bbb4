"""An assistant that speaks the Model Context Protocol gets the figures of the marts from the published file, and nothing else.

Where `mcp-server-motherduck` is not on the path, nothing is tested: docs/assistants.md says how it is installed beside the project.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from python_tests.conftest import ROOT, SampleBuild
from winloss.publish.small_values import BOTH, FIGURES, REASON

SERVER = shutil.which("mcp-server-motherduck")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(SERVER is None, reason="mcp-server-motherduck is not installed"),
]

ASKED = (
    "what_is_our_win_rate",
    "how_do_we_win_by_industry",
    "how_does_each_industry_do_by_quarter",
    "why_do_we_lose",
    "do_we_lose_more_to_price_than_before",
    "against_whom_do_we_win",
    "where_should_we_aim",
    "how_many_open_deals_will_be_won",
    "why_did_the_win_rate_move",
    "where_do_we_win_more_than_in_other_segments",
)


HIDDEN = {*BOTH, REASON, *(figure for figures in FIGURES.values() for figure in figures)}


class Assistant:
    """The server as docs/assistants.md starts it, asked as an assistant does: a line of JSON each way."""

    def __init__(self, published: Path) -> None:
        guide = (ROOT / "docs" / "assistants.md").read_text(encoding="utf-8")
        (stated,) = re.findall(r"```json\n(.+?)```", guide, flags=re.DOTALL)
        (server,) = json.loads(stated)["mcpServers"].values()
        options = [str(published) if text.endswith("marts.duckdb") else text for text in server["args"]]
        self.process = subprocess.Popen(
            [str(SERVER), *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.asked = 0
        self.call(
            "initialize",
            {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
        )
        self.send({"method": "notifications/initialized", "params": {}})

    def send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()

    def call(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdout is not None
        self.asked += 1
        self.send({"id": self.asked, "method": method, "params": parameters})
        while True:
            line = self.process.stdout.readline()
            assert line, "the server ended"
            answer = json.loads(line)
            if answer.get("id") == self.asked:
                result: dict[str, Any] = answer["result"]
                return result

    def query(self, sql: str) -> Any:
        """The rows; the text of the refusal where there are none."""
        result = self.call("tools/call", {"name": "execute_query", "arguments": {"sql": sql}})
        text = result["content"][0]["text"]
        return text if result["isError"] else json.loads(text)["rows"]


@pytest.fixture(scope="module")
def assistant(sample_build: SampleBuild) -> Iterator[Assistant]:
    asked = Assistant(sample_build.folder / "published.duckdb")
    yield asked
    asked.process.terminate()
    asked.process.wait(timeout=20)


def cell(value: Any) -> Any:
    return pytest.approx(value) if isinstance(value, float) else str(value) if isinstance(value, date) else value


@pytest.mark.parametrize("name", ASKED)
def test_an_assistant_is_told_what_the_marts_say(name: str, assistant: Assistant, sample_build: SampleBuild) -> None:
    query = (ROOT / "analyses" / f"{name}.sql").read_text(encoding="utf-8")
    ref = re.compile(r"\{\{ ref\('(\w+)'\) \}\}")
    of_marts = sample_build.rows(ref.sub(r"marts.\1", query))
    told = assistant.query(ref.sub(r"\1", query))
    assert len(told) == len(of_marts) > 0
    for row, of_mart in zip(told, of_marts, strict=True):
        # what few deals would tell is empty in the published file
        shown = [
            cell(None if name in HIDDEN and given is None else value)
            for given, (name, value) in zip(row, of_mart.items(), strict=True)
        ]
        assert row == shown


@pytest.mark.parametrize(
    "sql",
    [
        "create table mine as select 1",
        "delete from win_rate_baseline",
        "from read_text('{exports}')",
        "copy (select 1) to '{folder}/copied.csv'",
        "attach '{folder}/winloss.duckdb' as build (read_only)",
        "set enable_external_access = true",
        "set lock_configuration = false",
    ],
)
def test_an_assistant_writes_nothing_and_reads_no_other_file(
    sql: str, assistant: Assistant, sample_build: SampleBuild
) -> None:
    asked = sql.format(folder=sample_build.folder, exports=ROOT / "README.md")
    refused = assistant.query(asked)
    assert isinstance(refused, str) and re.search("read-only|disabled by configuration|locked", refused), refused
    assert not (sample_build.folder / "copied.csv").exists()


def test_an_assistant_can_read_what_every_column_means(assistant: Assistant) -> None:
    ((meaning,),) = assistant.query(
        "select meaning from data_dictionary where table_name = 'win_rates_by_dimension' and position = 0"
    )
    assert meaning.startswith("One row per period x dimension x segment")
