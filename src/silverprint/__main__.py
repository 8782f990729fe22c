"""Entry point of `python -m silverprint`."""

import sys

from silverprint.cli import main

sys.exit(main())
