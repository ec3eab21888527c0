"""What a schedule is asked."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass
class Schedule:
    """How the learning rate changes while training goes on.

    A schedule is a dataclass whose fields are parameters of the estimators that
    ``TrainingOptions`` has, under their names there. It overrides `rate_at` if it is planned and
    `before_epoch` or `after_stall` if it is not; what it does not override leaves the rate as it
    is. It remembers nothing: the rate itself is a part of the training state.
    """

    name: ClassVar[str]
    """The key in `SCHEDULES`, and the value of the estimators' parameter `learning_rate`."""

    for_every_solver: ClassVar[bool]
    """Whether it applies to solvers that do not follow schedules by themselves, too."""

    is_planned: ClassVar[bool] = False
    """Whether the rate is given for all of training from the start, and set for each minibatch."""

    learning_rate_init: float

    def rate_at(self, progress: float) -> float:
        """Return the rate of the next minibatch, where `progress`, in [0, 1), is done.

        Progress is the share of the minibatches of all `max_iter` epochs.
        """
        raise NotImplementedError

    def before_epoch(self, rate: float, n_seen: int) -> float:
        """Return the rate of the next epoch, when `n_seen` samples were trained on so far."""
        return rate

    def after_stall(self, rate: float) -> float | None:
        """Return the rate to go on with when nothing improves any more, or None to stop."""
        return None
