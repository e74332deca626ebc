"""Calibrate a model on recorded runs and store it.

    python examples/calibrate.py MODEL_FOLDER RUN...

Without runs of your own: bci simulate
"""

import sys
from pathlib import Path

import bci


def main(folder: str = "recordings/models/me", *runs: str) -> None:
    files = [Path(run) for run in runs] or sorted(Path("recordings").glob("*run-0[12]_eeg.fif"))
    model = bci.calibrate(files, "motor-imagery", on_progress=lambda doing, *_: print(doing))
    score = model.card.score
    print(
        f"accuracy {score.accuracy:.2f} (95 % interval {score.low:.2f}-{score.high:.2f}) in "
        f"{score.trials} held-out trials; chance {score.chance:.2f}"
    )
    model.save(folder, overwrite=True)
    print(f"model written to {folder}; decode with: bci run motor-imagery --model {folder}")


if __name__ == "__main__":
    main(*sys.argv[1:])
