"""Prior probabilities of the next word, from sentences."""

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
    """Bigram model of words; a `bci.spelling.language.LanguageModel`.

    ``counts`` (n_words + 1, n_words + 1) are the numbers of times that the word of the column
    follows the word of the row. The last row is the start of a sentence, and the last column its
    end, after which the next sentence starts. One is added to each count, so that no word has
    probability 0.
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
        """Return the probabilities of the next word, (n_symbols,).

        ``before`` has the numbers of the words before; only the last one counts.
        """
        following: NDArray[np.float64] = self._following[before[-1]] if before else self._first
        return following


class WordPrior:
    """Combination of decoded words with the prior probabilities of a language model.

    Only the last word before counts. It is not known with certainty, so the probabilities of all
    words are kept (the forward algorithm of a hidden Markov model). The decoder's probabilities are
    multiplied by the prior probabilities and normalised.
    """

    def __init__(self, language: LanguageModel) -> None:
        words = range(language.n_symbols)
        self._following = np.array([language.next((word,)) for word in words])
        self._next = language.next(())

    def weigh(self, prediction: Prediction) -> Prediction:
        """Multiply a prediction by the prior, and update the prior for the next word."""
        odds = prediction.probabilities * self._next
        total = odds.sum()
        # If all products are 0, the decoder alone decides.
        believed = odds / total if total > 0 else prediction.probabilities
        self._next = believed @ self._following
        return replace(prediction, probabilities=believed)


def read_sentences(file: Path, words: Sequence[str]) -> WordPrior:
    """Create a prior from a text file with one sentence per line.

    Other words are ignored.

    ``words`` are the classes of the model.

    Raises `ProfileError` if the file cannot be read, or has none of the words.
    """
    lines = read_lines(file)
    number = {word.lower(): k for k, word in enumerate(words)}
    # The longest come first, so that a phrase is not matched as its first word.
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
