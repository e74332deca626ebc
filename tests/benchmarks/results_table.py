"""The tables of docs/tasks/speech.md and docs/tasks/seen-images.md from the rows of a benchmark.

``python -m tests.benchmarks.results_table docs/results/speech.json``
"""

import argparse
import json
from pathlib import Path

from bci.cli.benchmark import images, speech
from bci.cli.benchmark.runner import Cell


def table(rows: list, n_conditions: int, cells: dict[str, Cell]) -> str:
    """Write rows of one condition each, all subjects and seeds together, as Markdown."""
    groups: dict[tuple, list] = {}
    for row in rows:
        groups.setdefault(tuple(row)[:n_conditions], []).append(row)
    head = ["world", *cells]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for key in sorted(groups, key=str):
        written = [key[0], *(cell(groups[key]) for cell in cells.values())]
        lines.append("| " + " | ".join(written) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="Written by bci benchmark speech or images --out.")
    stored = json.loads(parser.parse_args().file.read_text())["rows"]
    if isinstance(stored[0][1], int):
        print(table([speech.SpeechRow(*row) for row in stored], 4, speech.CELLS))
    else:
        print(table([images.ImagesRow(*row) for row in stored], 5, images.CELLS))


if __name__ == "__main__":
    main()
