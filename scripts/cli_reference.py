"""Writes docs/cli.md from the table of commands."""

from pathlib import Path

from silverprint.command_table import COMMANDS, STAGES, Verb

TARGET = Path(__file__).resolve().parents[1] / "docs/cli.md"


def reference() -> str:
    lines = [
        "# Commands",
        "",
        "Written by `scripts/cli_reference.py`. Exit codes are in [architecture.md](architecture.md).",
        "",
        "## For people",
        "",
        *_rows(COMMANDS),
        "",
        "## Stages, run by `dvc repro`",
        "",
        *_rows(STAGES),
    ]
    return "\n".join(lines) + "\n"


def _rows(verbs: tuple[Verb, ...], before: str = "silverprint") -> list[str]:
    rows = []
    for verb in verbs:
        name = f"{before} {verb.name}"
        if not verb.target:
            rows += _rows(verb.verbs, name)
            continue
        shown = " ".join([name, *(_shown(argument.flags, argument.options) for argument in verb.arguments)])
        rows.append(f"- `{shown}`: {verb.help}")
        for argument in verb.arguments:
            if argument.flags[0].startswith("--") and "help" in argument.options:
                rows.append(f"    - `{argument.flags[0]}`: {argument.options['help']}")
        rows += _rows(verb.verbs, name)
    return rows


def _shown(flags: tuple[str, ...], options: dict[str, object]) -> str:
    metavar = str(options.get("metavar", flags[0].lstrip("-").upper()))
    if not flags[0].startswith("--"):
        return {"+": f"{metavar}...", "?": f"[{metavar}]", "*": f"[{metavar}...]"}.get(
            str(options.get("nargs")), metavar
        )
    text = flags[0] if options.get("action") == "store_true" else f"{flags[0]} {metavar}"
    return text if options.get("required") else f"[{text}]"


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
