"""Process of the contributors' pages, on loopback: `python -m silverprint.recruiting.serve PORT`."""

import sys

from silverprint.adapters.contribute.serve import serve
from silverprint.errors import SilverprintError
from silverprint.recruiting.desk import Desk

if __name__ == "__main__":
    try:
        serve(int(sys.argv[1]), Desk())
    except SilverprintError as error:
        sys.exit(f"silverprint: {error}")
