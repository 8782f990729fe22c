"""Documents of a release, from its facts: Croissant, datasheet, summary of training content."""
