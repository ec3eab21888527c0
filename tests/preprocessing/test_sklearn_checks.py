"""scikit-learn's own checks of an estimator, for each transformer."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from skrnn.preprocessing import (
    TRANSFORMERS,
    SequenceDifferences,
    SequenceFrames,
    SequenceScaler,
)

OTHERS = [
    SequenceDifferences(order=3, keep=False),
    SequenceFrames(length=2, step=1),
    SequenceFrames(length=1, step=1),
    SequenceScaler(per_sequence=True),
    SequenceScaler(with_mean=False, with_std=False),
]


@parametrize_with_checks([*(kind() for kind in TRANSFORMERS.values()), *OTHERS])
def test_scikit_learn(estimator, check):
    check(estimator)
