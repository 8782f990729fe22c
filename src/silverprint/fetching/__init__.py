"""The rules that whoever fetches obeys, whichever client it uses: addresses, robots, directives, limits, reasons."""
