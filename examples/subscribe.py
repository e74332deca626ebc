"""Print the predictions and decisions of a running engine.

bci demo                                   # or: bci run PROFILE --model FOLDER
python examples/subscribe.py [ENGINE] [SECONDS]
"""

import sys

import bci


def main(name: str = "bci", seconds: str = "30") -> None:
    with bci.subscribe(name) as engine:
        for prediction in engine.predictions(duration_s=float(seconds)):
            shares = zip(engine.classes, prediction.probabilities, strict=True)
            told = "  ".join(f"{label} {share:.2f}" for label, share in shares)
            delay_ms = 1000 * prediction.published_s
            decided = prediction.decision.label if prediction.decision else None
            print(f"{told}  decision: {decided or '-'}  after {delay_ms:.0f} ms")


if __name__ == "__main__":
    main(*sys.argv[1:])
