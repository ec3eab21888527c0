"""The rows of accuracy.py for language models, beside n-gram models of the same tokens.

Those are modified Kneser-Ney models (Chen and Goodman 1999): of 8 characters 2.175 bits on the
plays, of 9 characters 1.737 bits on the tunes, of 5 words a perplexity of 329.8 on the words.
"""

import text_data
from task import Task

from skrnn import RNNLanguageModel

BITS_OF_NGRAMS = {"plays": 2.175, "tunes": 1.737}
PERPLEXITY_OF_NGRAMS = 329.8


def bits_saved(name):
    """Return the score: how far the bits of a character are below those of n-grams, in %."""

    def score(estimator, split):
        return 100 * (1 - estimator.bits_per_token(split.X_test) / BITS_OF_NGRAMS[name])

    return score


def perplexity_saved(estimator, split):
    """Return how far the perplexity of a word is below that of n-grams, in %."""
    return 100 * (1 - estimator.perplexity(split.X_test) / PERPLEXITY_OF_NGRAMS)


COMMON = {"solver": "adamw", "learning_rate": "onecycle"}

TEXT_TASKS = {
    "plays": Task(
        "Shakespeare, LSTM: bits below those of n-grams",
        text_data.load_shakespeare,
        RNNLanguageModel(
            (320, 320), dropout=0.1, batch_size=16, bptt_steps=64, learning_rate_init=8e-3,
            max_iter=8, **COMMON,
        ),
        bits_saved("plays"),
        required=10.3,  # 1.95 bits
        is_quick=False,
        n_seeds=1,
    ),
    "tunes": Task(
        "Essen folk songs, LSTM: bits below those of n-grams",
        text_data.load_tunes,
        RNNLanguageModel((192, 192), dropout=0.2, learning_rate_init=5e-3, max_iter=8, **COMMON),
        bits_saved("tunes"),
        required=7.9,  # 1.6 bits
        is_quick=False,
        n_seeds=1,
    ),
    "words": Task(
        "Brown corpus by words, LSTM: perplexity below that of n-grams",
        text_data.load_brown_words,
        RNNLanguageModel(
            (200, 200), dropout=0.35, input_dropout=0.2, batch_size=20, bptt_steps=35,
            learning_rate_init=3e-3, max_iter=8, **COMMON,
        ),
        perplexity_saved,
        required=16.6,  # 275
        is_quick=False,
        n_seeds=1,
    ),
}  # fmt: skip
