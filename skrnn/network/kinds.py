"""Which network an architecture means."""

from __future__ import annotations

from .architecture import Architecture
from .dropout import NOTHING_DROPPED, Dropout
from .network import Network
from .sequence_network import SequenceNetwork
from .step_network import StepNetwork


def network_of(
    architecture: Architecture,
    dropout: Dropout = NOTHING_DROPPED,
    bptt_steps: int | None = None,
) -> Network:
    """Return the network of an architecture, with what training does besides."""
    kind = StepNetwork if architecture.every_step else SequenceNetwork
    return kind(architecture, dropout, bptt_steps)
