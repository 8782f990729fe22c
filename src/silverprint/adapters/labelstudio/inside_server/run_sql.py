"""Program that runs SQL on the PostgreSQL of our own Label Studio, whose environment alone has a driver for it.

Reads JSON from its standard input: `{"statements": [[sql, {name: value}], ...]}`; the connection is that of libpq's
variables (PGHOST, PGPASSWORD, ...). Writes the rows of each statement as JSON; all of them are one transaction. What
fails is one line on the standard error, and exit code 1.
"""

import importlib
import json
import sys
from typing import Any, Final

_CONNECT_S: Final = 10


def main() -> int:
    psycopg: Any = importlib.import_module("psycopg")
    given = json.load(sys.stdin)
    try:
        with psycopg.connect(connect_timeout=_CONNECT_S) as connection:
            print(json.dumps([_rows(connection.execute(*statement)) for statement in given["statements"]]))  # noqa: T201
    except psycopg.Error as error:
        print(" ".join(str(error).split()), file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _rows(cursor: Any) -> list[list[Any]]:
    return [list(row) for row in cursor.fetchall()] if cursor.description else []


if __name__ == "__main__":
    sys.exit(main())
