"""The key behind the keyed hashes of deals, accounts, contacts and owners.

The key comes from the environment variable WINLOSS_KEY, or is made once and kept beside the
private database in a file only its owner can read. It reaches SQL as the result of a function,
so that it stands in no statement, log or artifact.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

KEY_VARIABLE = "WINLOSS_KEY"
KEY_FILE = "winloss.key"


def read_or_make_key(folder: Path) -> str:
    """Return the key: WINLOSS_KEY if set, else the text of `folder/winloss.key`, made if absent.

    The file is created with mode 0600. Raises OSError where the folder cannot be written.
    """
    stated = os.environ.get(KEY_VARIABLE, "").strip()
    if stated:
        return stated
    path = folder / KEY_FILE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
    return path.read_text(encoding="ascii").strip()


class Plugin(BasePlugin):
    """Registers the SQL function `privacy_key()` on every connection dbt opens."""

    def configure_connection(self, conn: Any) -> None:
        path = self.creds.path if self.creds else ":memory:"
        folder = Path("warehouse") if path == ":memory:" else Path(path).parent
        conn.create_function("privacy_key", lambda: read_or_make_key(folder), [], "VARCHAR", side_effects=True)
