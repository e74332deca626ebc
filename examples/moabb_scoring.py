"""Score decoders within a session as MOABB does, on recordings of your own.

    python examples/moabb_scoring.py RUN...

With MOABB itself: WithinSessionEvaluation(paradigm, datasets).process(pipelines)
"""

import sys

from pyriemann.estimation import Covariances
from pyriemann.tangentspace import TangentSpace
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline

import bci
from decoders.sklearn_api import as_classifier


def main(*runs: str) -> None:
    trials = bci.cut_epochs(runs, "motor-imagery").last_of_trials()
    pipelines = {
        "tangent-space": as_classifier("tangent-space"),
        "csp-lda": as_classifier("csp-lda", n_components=4),
        "pyriemann": make_pipeline(
            Covariances("oas"), TangentSpace(), LogisticRegression(max_iter=2000)
        ),
    }
    folds = StratifiedKFold(5, shuffle=True, random_state=42)
    for name, pipeline in pipelines.items():
        scores = cross_val_score(
            pipeline, trials.windows, trials.labels, cv=folds, scoring="roc_auc"
        )
        print(f"{name:14} ROC AUC {scores.mean():.2f} +- {scores.std():.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
