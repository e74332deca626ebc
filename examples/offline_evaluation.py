"""Decode recordings as if they were live, score the decisions, and plot nothing.

python examples/offline_evaluation.py MODEL_FOLDER RECORDING...
"""

import sys
from pathlib import Path

import bci


def main(folder: str = "recordings/models/me", *recordings: str) -> None:
    model = bci.load_model(folder)
    for file in recordings or sorted(map(str, Path("recordings").glob("*run-03_eeg.fif"))):
        score = bci.evaluate(model, file)
        print(f"{file}: accuracy {score.trial_accuracy}")
        print(f"  {score.itr_bits_per_min:.1f} bit/min at one decision a trial")
        print(f"  {score.cues_decided} of {score.cues} cues decided, {score.cues_right} right")
        if score.false_positives_per_min is not None:
            print(f"  {score.false_positives_per_min:.1f} false positives a minute of rest")
        for decoded in bci.decode(model, file):
            if decoded.decision is not None and decoded.decision.label is not None:
                taken = decoded.prediction.taken
                print(f"  first decision at {taken:.1f} s: {decoded.decision.label}")
                break


if __name__ == "__main__":
    main(*sys.argv[1:])
