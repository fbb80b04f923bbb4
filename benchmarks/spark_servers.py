"""Runs the models on a Spark cluster, or through a Spark Thrift server, started here from the pip package.

    python -m benchmarks.spark_servers cluster FOLDER [COMPANY ...]
    python -m benchmarks.spark_servers thrift FOLDER [COMPANY ...]

`cluster` is one master and two workers, each a process of its own; dbt's session is the driver. `thrift` is one server, to
which dbt speaks without Java. Every published table is compared with DuckDB's. Needs the extra `spark` and Java 17.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from python_tests import spark_companies
from python_tests.test_spark_parity import different_tables

MASTER_PORT, MASTER_PAGE, THRIFT_PORT = 17077, 17080, 17015
PATIENCE = 300
"""Seconds a server may take to come up."""


@contextmanager
def running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server process with what it says in `log`, and what it leaves behind beside it; it and its children end with the block."""
    with log.open("wb") as said:
        server = subprocess.Popen(
            command, stdout=said, stderr=subprocess.STDOUT, cwd=log.parent, start_new_session=True
        )
    try:
        yield server
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)


@contextmanager
def cluster(home: Path, folder: Path) -> Iterator[dict[str, str]]:
    """A standalone cluster; what dbt must find in its environment to use it."""
    url = f"spark://127.0.0.1:{MASTER_PORT}"
    start = [str(home / "bin" / "spark-class")]
    ports = ["--host", "127.0.0.1", "--port", str(MASTER_PORT), "--webui-port", str(MASTER_PAGE)]
    with ExitStack() as servers:
        servers.enter_context(running([*start, "org.apache.spark.deploy.master.Master", *ports], folder / "master.log"))
        _wait(lambda: _answers(MASTER_PORT), "the master", folder / "master.log")
        for number in (1, 2):
            size = ["--host", "127.0.0.1", "--cores", "1", "--memory", "1g", "-d", str(folder / f"worker-{number}")]
            worker = [*start, "org.apache.spark.deploy.worker.Worker", *size, url]
            servers.enter_context(running(worker, folder / f"worker-{number}.log"))
        _wait(lambda: _workers() == 2, "two workers", folder / "worker-2.log")
        yield {"WINLOSS_SPARK_MASTER": url, "WINLOSS_TARGET": "spark"}


@contextmanager
def thrift(home: Path, folder: Path) -> Iterator[dict[str, str]]:
    """A Thrift server with a metastore of its own; what dbt must find in its environment to use it."""
    metastore = f"jdbc:derby:;databaseName={folder}/metastore;create=true"
    command = [
        *(str(home / "bin" / "spark-submit"), "--master", "local[2]", "--driver-memory", "2g"),
        *("--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"),
        *("--conf", f"spark.sql.warehouse.dir={folder}/tables"),
        *(
            "--conf",
            f"spark.hadoop.javax.jdo.option.ConnectionURL={metastore}",
            "--conf",
            "spark.sql.session.timeZone=UTC",
        ),
        "spark-internal",
        *(
            "--hiveconf",
            f"hive.server2.thrift.port={THRIFT_PORT}",
            "--hiveconf",
            "hive.server2.thrift.bind.host=127.0.0.1",
        ),
    ]
    with running(command, folder / "thrift.log"):
        _wait(lambda: _answers(THRIFT_PORT), "the Thrift server", folder / "thrift.log")
        yield {"WINLOSS_THRIFT_PORT": str(THRIFT_PORT), "WINLOSS_TARGET": "spark_thrift"}


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _workers() -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{MASTER_PAGE}/json/", timeout=5) as page:
            return int(json.load(page)["aliveworkers"])
    except (urllib.error.URLError, TimeoutError, ValueError):
        return 0


def _wait(is_there: object, what: str, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not is_there():  # type: ignore[operator]
        if time.monotonic() > end:
            raise SystemExit(f"{what} did not come up in {PATIENCE} s; see {log}")
        time.sleep(1)


def main(arguments: list[str]) -> None:
    if len(arguments) < 2 or arguments[0] not in ("cluster", "thrift"):
        raise SystemExit("usage: python -m benchmarks.spark_servers cluster|thrift FOLDER [COMPANY ...]")
    folder = Path(arguments[1]).resolve()
    os.environ.update(spark_companies.spark_environment(folder))
    import pyspark

    home = Path(pyspark.__file__).parent
    os.environ["SPARK_HOME"] = str(home)
    servers = {"cluster": cluster, "thrift": thrift}[arguments[0]]
    with servers(home, folder) as environment:
        for company in arguments[2:] or ("sample", "generated"):
            # the server runs on this machine, where the files of the sample company stand
            sample = {"WINLOSS_SAMPLE": str(folder / company / "seeds" / "sample")}
            spark_companies.build_both(folder, company, environment["WINLOSS_TARGET"], **environment, **sample)
            different = different_tables(folder, company)
            print(
                f"{company}: {json.dumps(different, indent=1) if different else 'every published table is the same'}",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
