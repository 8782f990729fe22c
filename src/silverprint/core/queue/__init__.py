"""Queue of a round: which images people are asked about, in which order and role, and why."""
