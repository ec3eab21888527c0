"""A language model of folk songs, and a tune that it writes.

The songs are those of Essen in letters (abc notation), from the package music21 (pip install
--no-deps music21==10.5.1); they may be used for what is not commercial. An LSTM learns 2,000 of
them character by character: a metre, the unit of time, a key, then bars of notes. Drawn are a song
that it has not seen, and one that it has written: time to the right, pitch upwards, bars as lines.

    python examples/plot_tunes.py                  # writes tunes.png
"""

import importlib.util
import re
import sys
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.ticker import MaxNLocator
from sklearn.exceptions import ConvergenceWarning

from skrnn import RNNLanguageModel

N_TRAIN, N_TEST = 2000, 200
# Steps of the scale of C major above C, and what signs before a note change.
DEGREES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
SIGNS = {"^": 1, "_": -1, "=": 0}
NOTE = re.compile(r"([_^=]*)([A-Ga-gz])([,']*)(\d*)(/?\d*)")


def songs():
    """Return metre, unit, key and notes of each song, without its name and origin."""
    found = importlib.util.find_spec("music21")
    if found is None:
        sys.exit("Install the songs: pip install --no-deps music21==10.5.1")
    folder = Path(found.submodule_search_locations[0]) / "corpus/essenFolksong"
    files = [file for file in sorted(folder.glob("*.abc")) if not file.name.startswith("test")]
    text = "\n\n".join(file.read_text(errors="replace") for file in files)
    for song in re.findall(r"^X:.*?(?=\n\s*\nX:|\Z)", text, re.DOTALL | re.MULTILINE):
        lines = [line for line in song.split("\n") if line.strip()]
        yield "\n".join(line for line in lines if line[1:2] != ":" or line[0] in "MLK")


def notes_of(song):
    """Return (start, duration, pitch) of each note, and where bars end, in units of time."""
    start, notes, bars = 0.0, [], []
    body = "\n".join(line for line in song.split("\n") if line[1:2] != ":")
    for piece in re.split(r"(\|)", body):
        if piece == "|":
            bars.append(start)
            continue
        for signs, letter, octaves, times, divided in NOTE.findall(piece):
            duration = float(times or 1)
            if divided:
                duration /= float(divided[1:] or 2)
            if letter != "z":
                pitch = DEGREES[letter.lower()] + 12 * letter.islower()
                pitch += sum(SIGNS[sign] for sign in signs)
                pitch += 12 * (octaves.count("'") - octaves.count(","))
                notes.append((start, duration, pitch))
            start += duration
    return notes, bars


def draw(axes, song, title):
    """Draw the notes of a song as a roll."""
    notes, bars = notes_of(song)
    for start, duration, pitch in notes:
        axes.broken_barh([(start, 0.92 * duration)], (pitch - 0.4, 0.8), color="tab:blue")
    for bar in bars:
        axes.axvline(bar, color="0.85", zorder=0)
    head = "  ".join(line for line in song.split("\n") if line[1:2] == ":")
    axes.set_title(f"{title}    {head}", loc="left", fontsize=9)
    axes.set_ylabel("semitones above C")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)
    every = list(songs())
    train, test = every[::4][:N_TRAIN], every[2::4][:N_TEST]
    model = RNNLanguageModel(
        (160, 160), dropout=0.2, solver="adamw", learning_rate="onecycle",
        learning_rate_init=5e-3, max_iter=8, random_state=0,
    )  # fmt: skip
    model.fit(train)
    print(f"{model.bits_per_token(test):.3f} bits a character of {len(test)} other songs")
    true = next(song for song in test if 200 < len(song) < 300)
    head = "\n".join(true.split("\n")[:3]) + "\n"
    (rest,) = model.generate([head], temperature=0.8, max_new_tokens=400, random_state=3)
    written = head + rest
    print(written)
    figure, axes = plt.subplots(2, figsize=(10, 4.5))
    draw(axes[0], true, "not seen")
    draw(axes[1], written, "written")
    axes[1].set_xlabel("time, in the song's unit")
    figure.tight_layout()
    figure.savefig("tunes.png", dpi=120)


if __name__ == "__main__":
    main()
