"""Campaign's own state: rounds, ledgers, and the rules about them. Stages and commands share it."""
