"""Upgrade of a campaign to the installed version: what is the tool's in its files, and what is the team's."""
