"""What a tagger with a chain of labels refuses, and what it says then."""

import numpy as np
import pytest
from sklearn.base import clone

from skrnn import RNNTagger

from ..toys import QUICK

CRF = QUICK | {"decoder": "crf"}
X = [np.zeros((n, 1)) for n in (3, 2, 4)]
Y = [["O", "B-p", "I-p"], ["O", "O"], ["B-q", "I-q", "O", "O"]]


def changed(sequence, step, label):
    y = [list(labels) for labels in Y]
    y[sequence][step] = label
    return y


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (changed(0, 1, "O"), r"y\[0\] has I-p after O at step 2, which scheme='iob2' does not"),
        (changed(2, 1, "I-p"), r"y\[2\] has I-p after B-q at step 1, which scheme='iob2'"),
        (changed(1, 0, "I-p"), r"y\[1\] begins with I-p, which scheme='iob2' does not allow"),
        (changed(1, 0, "Z"), r"y has the label 'Z', but 'O' is expected, or B or I with a hyphen"),
    ],
)
def test_labels_that_the_scheme_does_not_allow(y, message):
    with pytest.raises(ValueError, match=message):
        RNNTagger(**CRF, scheme="iob2").fit(X, y)


def test_labels_that_iobes_does_not_allow():
    y = [["O", "B-p", "E-p"], ["O", "S-p"], ["O", "O", "O", "B-p"]]
    with pytest.raises(ValueError, match=r"y\[2\] ends with B-p, which scheme='iobes' does not"):
        RNNTagger(**CRF, scheme="iobes").fit(X, y)
    y = [["O", "B-p", "E-p"], ["O", "O"], ["B-p", None, "O", "O"]]
    RNNTagger(**CRF, scheme="iobes").fit(X, y)
    y = [["O", "B-p", "E-p"], ["O", "O"], ["O", None, "E-p", None]]
    RNNTagger(**CRF, scheme="iobes").fit(X, y)
    y = [["O", "B-p", "E-p"], ["O", "O"], ["B-p", None, "B-p", "E-p"]]
    RNNTagger(**CRF, scheme="iobes").fit(X, y)
    y = [["O", "S-p", "S-p"], ["O", "B-p"], ["O", "O", "O", "O"]]
    with pytest.raises(ValueError, match=r"y\[1\] ends with B-p"):
        RNNTagger(**CRF, scheme="iobes").fit(X, y)
    y = [["O", "S-p", "S-p"], ["B-p", None], ["O", "O", "O", "O"]]
    with pytest.raises(ValueError, match=r"y\[1\] has labels that none of .* can stand between"):
        RNNTagger(**CRF, scheme="iobes").fit(X, y)


def test_validation_data_keep_to_the_scheme_too():
    tagger = RNNTagger(**CRF, scheme="iob2", early_stopping=True)
    with pytest.raises(ValueError, match=r"validation data .* y\[1\] begins with I-p"):
        tagger.fit(X, Y, X_val=X, y_val=changed(1, 0, "I-p"))
    assert not hasattr(tagger, "classes_")


def test_no_labels_of_this_length():
    y = [["B-p", "I-p", "E-p"], ["B-p", "E-p"], ["B-p", "E-p", "B-p", "E-p"]]
    tagger = RNNTagger(**CRF, scheme="iobes").fit(X, y)
    with pytest.raises(ValueError, match="allows has 1 steps, which sequence 1 has"):
        tagger.predict([np.zeros((2, 1)), np.zeros((1, 1))])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"class_weight": "balanced"}, "class_weight='balanced' is not for decoder='crf'"),
        ({"class_weight": {"O": 2.0}}, "class_weight=.* Set it to None, or decoder='softmax'"),
        ({"label_smoothing": 0.1}, "label_smoothing=0.1 is not for decoder='crf'"),
        ({"decoder": "softmax", "scheme": "iob2"}, "scheme='iob2' is for decoder='crf'"),
        ({"decoder": "viterbi"}, "decoder.*must be 'softmax' or 'crf'"),
        ({"scheme": "iob1"}, "scheme.*must be None or 'iob2' or 'iobes'"),
    ],
)
def test_parameters_that_do_not_go_together(options, message):
    with pytest.raises(ValueError, match=message):
        RNNTagger(**CRF | options).fit(X, Y)


def test_a_sequence_has_one_weight():
    weights = [[1, 1, 1], [2, 2], [3, 0, 3, 3]]
    RNNTagger(**CRF).fit(X, Y, weights)
    with pytest.raises(ValueError, match=r"sample_weight\[2\] is 4.0 at step 3, but 3.0 before it"):
        RNNTagger(**CRF).fit(X, Y, [[1, 1, 1], [2, 2], [3, 0, 3, 4]])
    RNNTagger(**QUICK).fit(X, Y, [[1, 1, 1], [2, 2], [3, 0, 3, 4]])


def test_training_does_not_go_on_with_another_decoder():
    tagger = RNNTagger(**CRF, scheme="iob2", warm_start=True).fit(X, Y)
    for options in ({"scheme": None}, {"scheme": None, "decoder": "softmax"}):
        name, value = list(options.items())[-1]
        with pytest.raises(ValueError, match=f"training cannot go on with {name}={value}"):
            tagger.set_params(**options).fit(X, Y)
        tagger.set_params(decoder="crf", scheme="iob2").fit(X, Y)


def test_what_only_one_decoder_has():
    chain = RNNTagger(**CRF, bidirectional=False).fit(X, Y)
    with pytest.raises(ValueError, match="was fitted with decoder='crf', which compares labels"):
        chain.stream()
    softmax = RNNTagger(**QUICK).fit(X, Y)
    for name in ("transitions_", "start_transitions_", "end_transitions_", "predict_n_best"):
        assert hasattr(chain, name)
        assert not hasattr(softmax, name)
    with pytest.raises(ValueError, match="predict_n_best needs decoder='crf', but the tagger was"):
        softmax.set_params(decoder="crf").predict_n_best(X)


@pytest.mark.parametrize(
    ("part", "name", "value", "message"),
    [
        ("task", "decoder", "softmax", "architecture.chained must be False, but it is True"),
        ("task", "decoder", 3, "task.decoder must be 'softmax' or 'crf', but it is 3"),
        ("task", "scheme", "iob1", "task.scheme must be None or 'iob2' or 'iobes'"),
        (
            "task",
            "classes",
            np.array(["I", "O", "Z"]),
            "task.scheme is 'iob2', but y has the label",
        ),
        ("task", "classes", np.array(["I", "O"]), "task.classes are for 2 outputs"),
        ("architecture", "chained", False, "training.parameters must be an array of shape"),
        ("loss", "name", "logistic_cross_entropy", "loss.name is 'logistic_cross_entropy'"),
    ],
)
def test_a_damaged_file_is_named(part, name, value, message):
    tagger = RNNTagger(**CRF, scheme="iob2").fit(X, [["O", "B", "I"], ["O", "O"], ["O"] * 4])
    state = tagger.__getstate__()
    saved = state["_fitted"]
    state["_fitted"] = saved | {part: saved[part] | {name: value}}
    with pytest.raises(ValueError, match=message):
        clone(tagger).__setstate__(state)


def test_a_file_of_before_there_were_chains():
    tagger = RNNTagger(**QUICK).fit(X, Y)
    state = tagger.__getstate__()
    for name in ("decoder", "scheme"):
        del state[name], state["_fitted"]["task"][name]
    del state["_fitted"]["architecture"]["chained"]
    loaded = object.__new__(RNNTagger)
    loaded.__setstate__(state)
    assert (loaded.decoder, loaded.scheme) == ("softmax", None)
    for one, other in zip(loaded.predict(X), tagger.predict(X), strict=True):
        assert list(one) == list(other)
