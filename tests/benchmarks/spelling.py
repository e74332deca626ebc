"""Error potentials and letter priors of simulated people: ``python -m tests.benchmarks.spelling``.

Error potentials: a model of one run of feedback decides another run, weighed by selections of a
given accuracy. Letter prior: the same held-out flashes spell with and without the order of letters
in a text.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np

import decoders
from bci.cli.benchmark.p300 import spell_recordings
from bci.evaluation.flashes import ScoredFlashes
from bci.evaluation.pseudo_online import evaluate
from bci.profiles.profile import load_profile
from bci.signals import Recording
from bci.spelling.errors import ErrorRule
from bci.spelling.flash_evidence import log_ratio
from bci.training.calibrate import calibrate
from devices.simulated.erp import feedback, spelling, traits_of
from devices.simulated.subject import SubjectSettings, simulate_run

_ERROR_SHARE = 0.25
_N_FEEDBACK = 160
_COPIED = ("GOOD DAY", "THE NOISE", "AT HOME")


def error_potentials(seeds: range) -> None:
    """Print the AUC, and what is taken back of wrong and of right symbols."""
    profile = load_profile("errp")
    rows = []
    for seed in seeds:
        scenario = feedback(traits_of(seed), _N_FEEDBACK, _ERROR_SHARE)
        runs = [simulate_run(SubjectSettings(seed, "p300"), run, scenario) for run in (11, 12)]
        made = calibrate(runs[:1], profile, partial(decoders.create, profile.decoder.name), "errp")
        found = ScoredFlashes(made.card)
        result = evaluate(made.card, made.decoder, runs[1], 0.5, found.take)
        error = made.card.classes.index("error")
        rule = ErrorRule(0.5)
        undone = np.array(
            [
                rule.undoes(1.0 - _ERROR_SHARE, log_ratio(each.probabilities, error))
                for each in found.predictions
            ]
        )
        wrong = np.array([trial.label == "error" for trial in result.trials])
        area = next(m.value for m in result.measures if m.name == "AUC")
        rows.append((area, undone[wrong].mean(), undone[~wrong].mean()))
    areas, caught, lost = np.array(rows).T
    print(
        f"error potential, {len(rows)} subjects, {_N_FEEDBACK} feedbacks each, simulated: "
        f"AUC {areas.mean():.2f} ± {areas.std(ddof=1):.2f}; of {100 * _ERROR_SHARE:.0f} % wrong "
        f"symbols {100 * caught.mean():.0f} ± {100 * caught.std(ddof=1):.0f} % are taken back, of "
        f"the right ones {100 * lost.mean():.0f} ± {100 * lost.std(ddof=1):.0f} %"
    )


def letter_prior(seeds: range, text: Path) -> None:
    """Print accuracy and rates with and without the prior."""
    profile = load_profile("p300")
    assert profile.speller is not None
    known = profile.speller.model_copy(update={"text": str(text)})
    with_text = profile.model_copy(update={"speller": known})
    rows: dict[str, list[tuple[float, float, float]]] = {"without": [], "with": []}
    for seed in seeds:
        training = [_run(seed, run, None) for run in (1, 2)]
        test = [_run(seed, 21 + k, copied) for k, copied in enumerate(_COPIED)]
        made = calibrate(training, profile, lambda: decoders.create("erp-lda"), "p300")
        for name, wanted in (("without", profile), ("with", with_text)):
            _, score = spell_recordings(made, wanted, test)
            assert score is not None
            rows[name].append((score.accuracy.value, score.repetitions, score.chars_per_min))
    n = len("".join(_COPIED))
    for name, found in rows.items():
        means, sds = np.mean(found, axis=0), np.std(found, axis=0, ddof=1)
        figures = zip(("symbols right", "repetitions", "characters/min"), means, sds, strict=True)
        listed = ", ".join(f"{what} {mean:.2f} ± {sd:.2f}" for what, mean, sd in figures)
        print(f"{name} letter prior, {len(found)} subjects x {n} symbols, simulated: {listed}")


def _run(seed: int, run: int, text: str | None) -> Recording:
    scenario = spelling(run, traits_of(seed), text)
    return simulate_run(SubjectSettings(seed, "p300"), run, scenario)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--text", type=Path, help="a plain text for the letter prior")
    given = parser.parse_args()
    seeds = range(1, given.seeds + 1)
    error_potentials(seeds)
    if given.text is not None:
        letter_prior(seeds, given.text)


if __name__ == "__main__":
    main()
