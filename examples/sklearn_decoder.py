"""Calibrate a pipeline of pyriemann and scikit-learn, store it and decode with it.

    python examples/sklearn_decoder.py MODEL_FOLDER RECORDING RUN...

The model holds the trained pipeline as data; see docs/how-to/estimators.md.
"""

import sys

from pyriemann.classification import MDM
from pyriemann.estimation import Covariances
from sklearn.pipeline import make_pipeline

import bci


def main(folder: str, recording: str, *runs: str) -> None:
    pipeline = make_pipeline(Covariances("oas"), MDM())
    model = bci.calibrate(runs, "motor-imagery", decoder=pipeline)
    print(f"held-out accuracy {model.card.score.accuracy:.2f}")
    model.save(folder, overwrite=True)
    result = bci.evaluate(folder, recording)
    print(f"{recording}: accuracy {result.trial_accuracy.value:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
