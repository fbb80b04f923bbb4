"""A build asks no one: no telemetry, no download, no look-up."""

import re
import shutil
import subprocess

import pytest
import yaml

from python_tests.canary_company import built_place, watching_network
from python_tests.known_company.project import ROOT

needs_watch = pytest.mark.skipif(
    not watching_network(),
    reason="unshare and strace are not here, or not allowed: no one watched whether the build connects",
)


def test_telemetry_and_downloads_are_off_in_the_projects_own_files() -> None:
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    assert project["flags"]["send_anonymous_usage_stats"] is False
    profile = yaml.safe_load((ROOT / "profiles.yml").read_text(encoding="utf-8"))
    settings = profile["winloss"]["outputs"]["duckdb"]["settings"]
    assert settings["autoinstall_known_extensions"] is False
    assert settings["autoload_known_extensions"] is False


@needs_watch
def test_a_whole_build_needs_no_network_and_tries_none() -> None:
    """The build of the other tests ran in a network of its own, without any interface, and its system calls were watched."""
    place, run = built_place()
    assert run.returncode == 0
    calls = (place.folder / "network.txt").read_text(encoding="utf-8", errors="replace").splitlines()
    assert any("exited with 0" in line for line in calls)
    # a library that asks whether it may bind to its own machine's address, ::1, reaches for no one
    reaching = re.compile(r" (connect|sendto|sendmsg|sendmmsg|listen)\(")
    tried = [line for line in calls if reaching.search(line) and "AF_UNIX" not in line]
    assert tried == []


@needs_watch
def test_the_watch_sees_an_attempt() -> None:
    place, _ = built_place()
    trace = place.folder / "attempt.txt"
    python = shutil.which("python3")
    assert python
    code = (
        "import socket; s = socket.socket(); s.settimeout(1)\ntry: s.connect(('192.0.2.1', 80))\nexcept OSError: pass"
    )
    subprocess.run([*watching_network(trace), python, "-c", code], check=True)
    assert re.search(r" connect\(.*AF_INET", trace.read_text(encoding="utf-8"))
