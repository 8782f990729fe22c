"""Rules that every fetch obeys, whichever client it uses: addresses, robots, directives, limits, reasons."""
