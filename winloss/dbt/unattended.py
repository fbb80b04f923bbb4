"""dbt as the program of one build, whose lines a command of Winloss reads: `python -m winloss.dbt.unattended build`.

Lines, steps and exit codes are those of `dbt`, which is called as it offers itself to programs. What is left out is what no one reads of
such a build and each of its thousands of events pays for: the log file, and every event as a line although only few are shown.
DBT_LOG_LEVEL_FILE=debug asks for the log file all the same.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn

ENDS_WITH_ITS_CALLER = "--ends-with-its-caller"
"""First argument of a build that ends when its standard input is closed: no build goes on that no one hears of."""

_ENDED = 143

_LITTER = 50_000
"""So many objects are made between two looks for litter, where Python looks after every 700."""


def main(arguments: Sequence[str]) -> int:
    """Runs dbt with `arguments`; its exit code: 0 done, 1 a step failed, 2 the build was refused or met a fault."""
    own = list(arguments)
    if own[:1] == [ENDS_WITH_ITS_CALLER]:
        del own[0]
        threading.Thread(target=_end_with_its_caller, daemon=True).start()
    # what dbt imports and parses lives until the end; looking through it for litter again and again is an eighth of a small build
    gc.disable()
    from dbt.cli.exceptions import DbtUsageException
    from dbt.cli.main import dbtRunner

    quietly = ["--log-level", "none", *([] if "DBT_LOG_LEVEL_FILE" in os.environ else ["--log-level-file", "none"])]
    answer = dbtRunner(callbacks=[show]).invoke([*quietly, *own])
    if isinstance(answer.exception, DbtUsageException):
        # dbt had not begun, and told no one
        print(f"Error: {answer.exception}", flush=True)
    return 0 if answer.success else 2 if answer.exception else 1


def show(event: Any) -> None:
    """Prints an event of dbt as its terminal output would, if it is one that would be shown."""
    if event.info.name == "ConcurrencyLine":
        # everything is parsed, and the steps begin; each leaves some thousand objects, which are looked through a dozen steps at a time
        gc.freeze()
        gc.set_threshold(_LITTER)
        gc.enable()
    if event.info.level not in ("info", "warn", "error"):
        return
    from dbt_common.events.functions import env_scrubber

    clock = "" if event.info.name == "PrintEvent" else f"{datetime.now(UTC):%H:%M:%S}  "
    print(f"{clock}{env_scrubber(event.info.msg)}", flush=True)


def _end_with_its_caller() -> None:
    os.read(0, 1)
    os._exit(_ENDED)


def end(code: int) -> NoReturn:
    """Ends the process as at any end, the database closed; but what dbt made is not taken apart piece by piece, a twentieth of a small build."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


if __name__ == "__main__":
    end(main(sys.argv[1:]))
