"""Parameters at random: NumPy's numbers give the same bits, and what is wrong is named."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrnn import RNNClassifier, RNNRegressor
from skrnn.estimators.parameter_fields import hyperparameters_of

from ..random_parameters import as_numpy, parameters_of, wrong_parameter_of
from ..toys import labelled, ragged

DATA = {
    RNNClassifier: labelled(["a", "b", "c"], n_samples=24),
    RNNRegressor: ragged(n_samples=24),
}
KINDS = pytest.mark.parametrize("kind", DATA, ids=lambda kind: kind.__name__)


def result_of(kind, parameters):
    """Return the bits of what is learnt, or what is said of the parameters."""
    X, y = DATA[kind]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fitted = kind(**parameters).fit(X, y)
            return [weights.tobytes() for weights in fitted.weights_.values()]
        except (ValueError, TypeError) as error:
            return str(error)


@KINDS
@given(data=st.data())
def test_result_is_that_of_pythons_numbers_or_an_error_that_names_a_parameter(kind, data):
    parameters = data.draw(parameters_of(kind))
    result = result_of(kind, parameters)
    if isinstance(result, str):
        assert any(parameter.name in result for parameter in hyperparameters_of(kind)), result
    numbers = {name: as_numpy(value) for name, value in parameters.items()}
    other = result_of(kind, numbers)
    if isinstance(result, str):
        assert isinstance(other, str)
    else:
        assert other == result


@KINDS
@given(data=st.data())
def test_wrong_value_is_an_error_that_names_the_parameter(kind, data):
    name, value = data.draw(wrong_parameter_of(kind))
    X, y = DATA[kind]
    estimator = kind(**{name: value})
    before = vars(estimator).copy()
    with pytest.raises((ValueError, TypeError), match=f"{name}"):
        estimator.fit(X, y)
    assert np.array_equal(list(vars(estimator)), list(before))
    assert all(vars(estimator)[each] is before[each] for each in before)
