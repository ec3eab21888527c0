"""One step of every cell, forward and back, as the equations have it.

A row vector is multiplied from the left: ``x @ W``. ``W`` is the input matrix, ``U`` the recurrent
one, ``b`` the bias; gates stand side by side in their columns. ``mask`` multiplies the state where
``U`` sees it (recurrent dropout); the way back is without masks.
"""

from dataclasses import dataclass

import numpy as np

Vectors = tuple[np.ndarray, ...]


def logistic(a: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-a))."""
    return 1.0 / (1.0 + np.exp(-a))


@dataclass
class StepGradients:
    """What one step passes back: to its input, to the state before it, and to its weights."""

    x: np.ndarray
    state: Vectors
    weights: Vectors  # input, recurrent, bias


class Simple:
    """Elman (1990): h_t = f(x_t.W + h_{t-1}.U + b)."""

    activations = ("relu", "tanh")
    n_gates = 1
    n_states = 1  # h

    def __init__(self, activation: str):
        self.activation = activation

    def step(self, x, state, W, U, b, mask=1.0):
        """Return the state after the step, and what the way back will need."""
        (h_prev,) = state
        a = x @ W + (mask * h_prev) @ U + b
        h = {"tanh": np.tanh(a), "relu": np.maximum(a, 0.0)}[self.activation]
        return (h,), (x, h_prev, a)

    def step_back(self, d_state, memory, W, U):
        """Return the gradients that follow from those of the state after the step."""
        (d_h,) = d_state
        x, h_prev, a = memory
        slope = {"tanh": 1.0 - np.tanh(a) ** 2, "relu": (a > 0.0) * 1.0}[self.activation]
        d_a = d_h * slope
        return StepGradients(
            x=W @ d_a,
            state=(U @ d_a,),
            weights=(np.outer(x, d_a), np.outer(h_prev, d_a), d_a),
        )


class LSTM:
    """Hochreiter and Schmidhuber (1997) with Gers' (2000) forget gate: i, f, c~, o."""

    activations = ("tanh",)
    n_gates = 4
    n_states = 2  # h, C

    def __init__(self, activation: str):
        if activation != "tanh":
            raise ValueError(activation)

    def step(self, x, state, W, U, b, mask=1.0):
        """Return the state after the step, and what the way back will need."""
        h_prev, C_prev = state
        a_i, a_f, a_c, a_o = np.split(x @ W + (mask * h_prev) @ U + b, 4)
        i = logistic(a_i)
        f = logistic(a_f)
        c = np.tanh(a_c)
        o = logistic(a_o)
        C = f * C_prev + i * c
        h = o * np.tanh(C)
        return (h, C), (x, h_prev, C_prev, i, f, c, o, C)

    def step_back(self, d_state, memory, W, U):
        """Return the gradients that follow from those of the state after the step."""
        d_h, d_C_later = d_state
        x, h_prev, C_prev, i, f, c, o, C = memory
        d_o = d_h * np.tanh(C)
        d_C = d_C_later + d_h * o * (1.0 - np.tanh(C) ** 2)
        d_f = d_C * C_prev
        d_i = d_C * c
        d_c = d_C * i
        d_a = np.concatenate(
            [
                d_i * i * (1.0 - i),
                d_f * f * (1.0 - f),
                d_c * (1.0 - c**2),
                d_o * o * (1.0 - o),
            ]
        )
        return StepGradients(
            x=W @ d_a,
            state=(U @ d_a, d_C * f),
            weights=(np.outer(x, d_a), np.outer(h_prev, d_a), d_a),
        )


class GRU:
    """Cho et al. (2014), v1: r multiplies the state before the product; z = 1 takes the new one."""

    activations = ("tanh",)
    n_gates = 3
    n_states = 1  # h

    def __init__(self, activation: str):
        if activation != "tanh":
            raise ValueError(activation)

    def step(self, x, state, W, U, b, mask=1.0):
        """Return the state after the step, and what the way back will need."""
        (h_prev,) = state
        (W_r, W_z, W_n), (U_r, U_z, U_n) = np.split(W, 3, axis=1), np.split(U, 3, axis=1)
        b_r, b_z, b_n = np.split(b, 3)
        seen = mask * h_prev
        r = logistic(x @ W_r + seen @ U_r + b_r)
        z = logistic(x @ W_z + seen @ U_z + b_z)
        n = np.tanh(x @ W_n + (r * seen) @ U_n + b_n)
        h = (1.0 - z) * h_prev + z * n
        return (h,), (x, h_prev, r, z, n)

    def step_back(self, d_state, memory, W, U):
        """Return the gradients that follow from those of the state after the step."""
        (d_h,) = d_state
        x, h_prev, r, z, n = memory
        U_r, U_z, U_n = np.split(U, 3, axis=1)
        d_a_n = d_h * z * (1.0 - n**2)
        d_reset_state = U_n @ d_a_n
        d_a_r = d_reset_state * h_prev * r * (1.0 - r)
        d_a_z = d_h * (n - h_prev) * z * (1.0 - z)
        d_a = np.concatenate([d_a_r, d_a_z, d_a_n])
        d_U = [np.outer(h_prev, d_a_r), np.outer(h_prev, d_a_z), np.outer(r * h_prev, d_a_n)]
        return StepGradients(
            x=W @ d_a,
            state=(d_h * (1.0 - z) + d_reset_state * r + U_r @ d_a_r + U_z @ d_a_z,),
            weights=(np.outer(x, d_a), np.concatenate(d_U, axis=1), d_a),
        )


CELLS = {"simple": Simple, "lstm": LSTM, "gru": GRU}
