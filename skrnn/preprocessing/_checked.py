"""A transformer whose parameters are fields of a dataclass, each with what it may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sklearn.base import BaseEstimator, TransformerMixin

from ..estimators.checks import check_parameter
from ..solvers import Constraint


class CheckedTransformer(TransformerMixin, BaseEstimator):
    """Checks its parameters, and returns arrays whatever scikit-learn's configuration asks for."""

    constraints: ClassVar[Mapping[str, Constraint]]
    """What each parameter may be."""

    def __init_subclass__(cls, **options: Any) -> None:
        # No frame can hold what is returned: without this, scikit-learn would try to make one where
        # its configuration asks for frames.
        super().__init_subclass__(auto_wrap_output_keys=None, **options)

    def _check_parameters(self) -> None:
        """Raise ValueError for the first parameter that is out of range."""
        for name, constraint in self.constraints.items():
            check_parameter(self, name, getattr(self, name), constraint)
