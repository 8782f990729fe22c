"""Fine-tuning: a backbone learns on from a round's labels, its last layer replaced by one of the round's classes."""
