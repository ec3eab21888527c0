"""What a network is, in a few plain values."""

from __future__ import annotations

from dataclasses import dataclass

AllCategories = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Architecture:
    """What determines the parameters of a network, and what it computes from them.

    Parameters
    ----------
    n_features : int
        Features of a time step.
    n_outputs : int
        Outputs of the head.
    hidden_layer_sizes : tuple of int
        Hidden units of each recurrent layer.
    cell : str
        A name in ``skrnn.cells.CELLS``.
    activation : str
        An activation that the cell offers.
    bidirectional : bool
        Whether every layer also runs from the last step to the first; the hidden states of the two
        directions lie side by side.
    pooling : str
        A name in `POOLINGS`: what the head sees of the top layer's hidden states. Unless it sees
        every step's.
    dtype : str
        "float32" or "float64", in which everything is computed.
    every_step : bool
        Whether there is an answer at every time step, instead of one for each sequence.
    chained : bool
        Whether outputs are scores of labels in a `Chain`, which has parameters of its own.
    categories : tuple of (int, int, int)
        Of each column of codes its number, how many codes there are, and how many numbers the
        network learns for each.
    n_kept : tuple of int
        Of each column of codes how many of the first, after code 0, have vectors that training
        does not change.
    spelling : (int, int, int) or None
        Of the column of words whose letters are read its number, how many codes letters have, and
        how many units read them in each direction.
    tied : bool
        Whether the head's weights are the vectors of the codes in column 0.
    """

    n_features: int
    n_outputs: int
    hidden_layer_sizes: tuple[int, ...]
    cell: str
    activation: str
    bidirectional: bool = False
    pooling: str = "last"
    dtype: str = "float32"
    every_step: bool = False
    chained: bool = False
    categories: AllCategories = ()
    n_kept: tuple[int, ...] = ()
    spelling: tuple[int, int, int] | None = None
    tied: bool = False
