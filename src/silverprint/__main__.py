import sys

from silverprint.cli import main

sys.exit(main())
