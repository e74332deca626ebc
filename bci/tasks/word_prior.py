"""Probability of the next word, from sentences: kept apart from the signal's evidence."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bci.errors import ProfileError
from bci.signals import Prediction
from bci.spelling.language import LanguageModel, read_lines


class WordBigram:
    """A bigram over words; a `bci.spelling.language.LanguageModel`.

    ``counts``, (n_words + 1, n_words + 1), is how often column follows row. The last row and column
    are the beginning and the end of a sentence, whose next one begins at once. One is added to
    each, so that no word is ruled out.
    """

    def __init__(self, counts: NDArray[np.float64]) -> None:
        first = _shares(counts[-1, :-1])
        following = counts[:-1, :-1] + counts[:-1, -1:] * first
        self._following = np.array([_shares(row) for row in following])
        self._first = first

    @property
    def n_symbols(self) -> int:
        return len(self._first)

    def next(self, before: Sequence[int]) -> NDArray[np.float64]:
        """Probabilities after the words ``before``, of which the last one counts."""
        following: NDArray[np.float64] = self._following[before[-1]] if before else self._first
        return following


class WordPrior:
    """Probability of the next word by a language model, and the words decided so far.

    Of the words before, the last one counts. Which word was the last is never known for sure, so
    all of them are held with their probabilities (the forward algorithm of a hidden Markov model).
    The evidence for a word is its probability by the decoder, which learns all classes alike often;
    that is multiplied by how likely the word is to come next, and normalised.
    """

    def __init__(self, language: LanguageModel) -> None:
        words = range(language.n_symbols)
        self._following = np.array([language.next((word,)) for word in words])
        self._next = language.next(())

    def weigh(self, prediction: Prediction) -> Prediction:
        """Weigh a word's evidence by the prior, and count its word as decided."""
        odds = prediction.probabilities * self._next
        total = odds.sum()
        # Where the decoder rules out all that is likely, it alone decides.
        believed = odds / total if total > 0 else prediction.probabilities
        self._next = believed @ self._following
        return replace(prediction, probabilities=believed)


def read_sentences(file: Path, words: Sequence[str]) -> WordPrior:
    """A prior from a text file with one sentence a line; what is none of the words is left out.

    Raises `ProfileError` if the file cannot be read, or none of the words is in it.
    """
    lines = read_lines(file)
    number = {word.lower(): k for k, word in enumerate(words)}
    # The longest first, so that a phrase is not taken for its first word.
    longest_first = sorted(number, key=len, reverse=True)
    word = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
    counts = np.zeros((len(words) + 1, len(words) + 1))
    for line in lines:
        spoken = [number[found] for found in word.findall(line.lower())]
        if spoken:
            np.add.at(counts, ([-1, *spoken], [*spoken, -1]), 1)
    if not counts.any():
        raise ProfileError(
            f"{file}: none of the model's words is in it; they are: {', '.join(words):.200}"
        )
    return WordPrior(WordBigram(counts))


def _shares(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = (counts + 1.0) / (counts + 1.0).sum()
    return shares
