"""What a fit says of validation data: true labels, and the class weights of the training data."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics import log_loss

from ..toys import labelled
from .conftest import classifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("labels", [["a", "b"], ["a", "b", "c"]])
def test_the_loss_is_that_of_true_labels_and_the_training_loss_that_of_smoothed_ones(labels):
    X, y = labelled(labels)
    options = {"label_smoothing": 0.3, "early_stopping": True, "max_iter": 3, "alpha": 0.0}
    for scoring in (None, "loss"):
        fitted = classifier(**options, scoring=scoring, tol=0.0)
        fitted.fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:])
        best = int(np.argmax(fitted.validation_scores_))
        true = log_loss(y[40:], fitted.predict_proba(X[40:]), labels=labels)
        assert_allclose(fitted.validation_loss_curve_[best], true, rtol=1e-5)
        if scoring == "loss":
            assert_allclose(fitted.validation_scores_[best], -true, rtol=1e-5)
    # No smoothed loss is below the entropy of its targets.
    shares = 0.3 / len(labels) + np.eye(len(labels))[0] * 0.7
    assert min(fitted.loss_curve_) > -np.sum(shares * np.log(shares))


def test_balanced_weights_are_those_of_the_training_data():
    X, y = labelled(["a", "b"])
    a, b = np.flatnonzero(y == "a"), np.flatnonzero(y == "b")
    train = np.r_[a[:10], b[:20]]  # so that class a weighs 1.5 and class b 0.75
    val = np.r_[a[10:30], b[20:25]]
    fitted = classifier(class_weight="balanced", early_stopping=True, max_iter=3, tol=0.0)
    X_val = [X[i] for i in val]
    fitted.fit([X[i] for i in train], y[train], X_val=X_val, y_val=y[val])
    weights = np.where(y[val] == "a", 1.5, 0.75)
    right = fitted.predict(X_val) == y[val]
    assert_allclose(fitted.best_validation_score_, np.average(right, weights=weights))
    best = int(np.argmax(fitted.validation_scores_))
    true = log_loss(y[val], fitted.predict_proba(X_val), sample_weight=weights)
    assert_allclose(fitted.validation_loss_curve_[best], true, rtol=1e-5)
