"""Rules of cleaning: which images are kept, rejected, flagged, withdrawn or withheld."""
