"""Recurrent neural networks as scikit-learn estimators."""

from .estimators.classifier import RNNClassifier
from .estimators.language_model import RNNLanguageModel
from .estimators.regressor import RNNRegressor
from .estimators.step_regressor import RNNStepRegressor
from .estimators.stream import Stream
from .estimators.tagger import RNNTagger
from .estimators.text_stream import TextStream

__all__ = [
    "RNNClassifier",
    "RNNLanguageModel",
    "RNNRegressor",
    "RNNStepRegressor",
    "RNNTagger",
    "Stream",
    "TextStream",
]
__version__ = "0.1.0"

# Pickles name a class by its module, and the private ones may move.
for _public in (
    RNNClassifier,
    RNNLanguageModel,
    RNNRegressor,
    RNNStepRegressor,
    RNNTagger,
    Stream,
    TextStream,
):
    _public.__module__ = __name__
