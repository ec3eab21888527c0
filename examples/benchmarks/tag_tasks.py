"""The rows of accuracy.py that give every word, character or step a label.

Words are read as six categories: the word, in lower case, its last three and two letters and its
first three, and its shape, in which "Rio-2016" is "Aa-9".
"""

import re

import numpy as np
import tag_data
from sklearn.metrics import f1_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from task import Task

from skrnn import RNNTagger
from skrnn.metrics import span_f1_score

COMMON = {"cell": "lstm", "solver": "adamw", "learning_rate": "onecycle"}


def shape(word):
    """Return a word with A, a and 9 for capitals, other letters and digits, repeats as one."""
    kinds = ["9" if c.isdigit() else "a" if c.isalpha() else c for c in word.lower()]
    kinds = ["A" if c.isupper() else kind for c, kind in zip(word, kinds, strict=False)]
    return re.sub(r"(.)\1+", r"\1", "".join(kinds))


def words_as_categories(X):
    """Return for each sentence an object array (n_words, 6)."""
    return [np.array([features_of(word) for word in words], dtype=object) for words in X]


def features_of(word):
    """Return the categories of a word."""
    low = word.lower()
    return word, low, low[-3:], low[-2:], low[:3], shape(word)


def characters_as_categories(X):
    """Return for each line an object array (n_characters, 3): each, and with its neighbours."""
    return [
        np.array(
            [
                (character, before + character, character + after)
                for before, character, after in zip(
                    ["<", *line[:-1]], line, [*line[1:], ">"], strict=True
                )
            ],
            dtype=object,
        )
        for line in X
    ]


def tagger_of(function, sizes, **parameters):
    """Return a tagger of the categories that a function makes of tokens, of these sizes."""
    tagger = RNNTagger(
        128, categorical_features=list(range(len(sizes))), embedding_size=sizes,
        learning_rate_init=3e-3, **COMMON | parameters,
    )  # fmt: skip
    return Pipeline([("categories", FunctionTransformer(function)), ("tagger", tagger)])


def of_words(**parameters):
    """Return a tagger of words."""
    sizes = [64, 64, 32, 16, 16, 16]
    return tagger_of(words_as_categories, sizes, dropout=0.5, **parameters)


def of_genes(**parameters):
    """Return a tagger of bases."""
    options = {"embedding_size": 16, "dropout": 0.3}
    tagger = RNNTagger(64, learning_rate_init=1e-2, **COMMON | options | parameters)
    return Pipeline([("categories", FunctionTransformer(bases_as_categories)), ("tagger", tagger)])


def steps_right(estimator, split):
    """Return the steps of the test set with the right label, in %."""
    return 100 * estimator.score(split.X_test, split.y_test)


def bases_as_categories(X):
    """Return for each base of genes one category: the base, the one before and the one after."""
    padded = [f"n{bases}n" for bases in X]
    return [[bases[i : i + 3] for i in range(len(bases) - 2)] for bases in padded]


def load_pieces_of_genes(seed):
    """Load genes, cut into pieces of 1,000 bases, so that an epoch has many minibatches.

    Those to test are cut, too: states that went on for more steps than any in training drifted, and
    of sequences of 10,000 bases and more hardly a coding one was found.
    """
    return tag_data.TagSplit(*map(pieces_of, tag_data.load_genes(seed)))


def pieces_of(sequences):
    """Return pieces of 1,000 steps, and what is left."""
    return [one[first : first + 1000] for one in sequences for first in range(0, len(one), 1000)]


def coding_found(estimator, split):
    """Return the F1 of the coding bases, in %."""
    is_coding, said = (
        np.concatenate(labels) == "coding"
        for labels in (split.y_test, estimator.predict(split.X_test))
    )
    return 100 * f1_score(is_coding, said)


def words_found(estimator, split):
    """Return the F1 of the words of a text without spaces, in %."""

    def tags(y):
        return [[f"{label}-word" for label in labels] for labels in y]

    predicted = estimator.predict(split.X_test)
    return 100 * span_f1_score(tags(split.y_test), tags(predicted), scheme="iobes")


TAG_TASKS = {
    "porttinari": Task(
        "Porttinari, 16 parts of speech, LSTM: words right",
        tag_data.load_porttinari,
        of_words(batch_size=8, max_iter=10),
        steps_right,
        required=97.6,
        is_quick=False,
    ),
    "brown": Task(
        "Brown corpus, 12 parts of speech, LSTM: words right",
        tag_data.load_brown,
        of_words(batch_size=16, max_iter=5),
        steps_right,
        required=98.2,
        is_quick=False,
    ),
    "borders": Task(
        "People's Daily, LSTM: F1 of words",
        tag_data.load_word_borders,
        tagger_of(characters_as_categories, [64, 32, 32], dropout=0.4, batch_size=16, max_iter=4),
        words_found,
        required=95.5,
        is_quick=False,
    ),
    "genes": Task(
        "Fruit fly, LSTM: F1 of coding bases",
        load_pieces_of_genes,
        # Found on 70 of the sequences to learn from. AUGUSTUS has a sensitivity of .975 and a
        # precision of .89.
        of_genes(batch_size=8, max_iter=12),
        coding_found,
        required=80.3,  # boosting on windows of hexamers: sensitivity .834, precision .774
        is_quick=False,
    ),
    "storms": Task(
        "Storms, 9 states, GRU: steps right",
        tag_data.load_storms,
        # Found on the storms up to 1999, by those from 2000 to 2009.
        RNNTagger(
            32,
            dropout=0.4,
            learning_rate_init=1e-2,
            batch_size=4,
            max_iter=30,
            **COMMON | {"cell": "gru"},
        ),
        steps_right,
        required=75.5,  # asked for are 80; later storms have states that are rare before
        is_quick=False,
    ),
}
