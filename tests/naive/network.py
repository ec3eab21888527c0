"""Time, directions, layers and the dense head, one sequence at a time.

Everything is computed in float64, whatever the arrays hold, so the twin is also the yardstick of
float32.
"""

import numpy as np

from .cells import CELLS, Vectors
from .problems import Weights


def directions_of(weights: Weights) -> list[str]:
    """Return the directions that the named weights have."""
    return [d for d in ("forward", "backward") if f"layer_0.{d}.input" in weights]


def n_layers_of(weights: Weights) -> int:
    """Return the number of recurrent layers that the named weights have."""
    return sum(name.endswith(".forward.input") for name in weights)


def one_direction(cell, inputs, W, U, b):
    """Return the output at each step, (length, n_hidden), and each step's memory."""
    state = tuple(np.zeros(U.shape[0]) for _ in range(cell.n_states))
    outputs, memories = [], []
    for x in inputs:
        state, memory = cell.step(x, state, W, U, b)
        outputs.append(state[0])
        memories.append(memory)
    return np.array(outputs), memories


def one_direction_back(cell, d_outputs, memories, W, U, b):
    """Return the gradients of the inputs, (length, n_inputs), and of W, U and b."""
    d_state = tuple(np.zeros(U.shape[0]) for _ in range(cell.n_states))
    d_inputs = np.zeros((len(memories), W.shape[0]))
    d_weights = [np.zeros_like(W), np.zeros_like(U), np.zeros_like(b)]
    for t in reversed(range(len(memories))):
        d_state = (d_state[0] + d_outputs[t], *d_state[1:])
        step = cell.step_back(d_state, memories[t], W, U)
        d_state = step.state
        d_inputs[t] = step.x
        for total, term in zip(d_weights, step.weights, strict=True):
            total += term
    return d_inputs, d_weights


def in_walking_order(steps: np.ndarray, direction: str) -> np.ndarray:
    """Return the steps in the order in which a direction walks them (it is its own inverse)."""
    return steps if direction == "forward" else steps[::-1]


def arrays_of(weights: Weights, layer: int, direction: str) -> Vectors:
    """Return the W, U and b of one direction of one layer."""
    names = ("input", "recurrent", "bias")
    return tuple(weights[f"layer_{layer}.{direction}.{name}"] for name in names)


def every_step(weights: Weights, sequence: np.ndarray, cell):
    """Return the outputs of the top layer by direction, (length, n_hidden), and all memories."""
    directions = directions_of(weights)
    inputs = sequence
    memories = {}
    for layer in range(n_layers_of(weights)):
        outputs = {}
        for direction in directions:
            walked, memories[layer, direction] = one_direction(
                cell, in_walking_order(inputs, direction), *arrays_of(weights, layer, direction)
            )
            outputs[direction] = in_walking_order(walked, direction)
        inputs = np.concatenate([outputs[d] for d in directions], axis=1)
    return outputs, memories


def one_sequence(weights: Weights, sequence: np.ndarray, cell):
    """Return the raw outputs (n_outputs,), the last states, and the memories of every step."""
    outputs, memories = every_step(weights, sequence, cell)
    directions = directions_of(weights)
    last = np.concatenate([in_walking_order(outputs[d], d)[-1] for d in directions])
    return last @ weights["output.weight"] + weights["output.bias"], last, memories


def one_sequence_gradient(weights: Weights, sequence: np.ndarray, d_raw: np.ndarray, cell):
    """Return the gradient of every array of weights, given that of one sequence's raw outputs."""
    directions = directions_of(weights)
    _, last, memories = one_sequence(weights, sequence, cell)
    gradient = {"output.weight": np.outer(last, d_raw), "output.bias": d_raw}

    d_lasts = np.split(weights["output.weight"] @ d_raw, len(directions))
    d_outputs = {}
    for direction, d_last in zip(directions, d_lasts, strict=True):
        d_outputs[direction] = np.zeros((len(sequence), len(d_last)))
        in_walking_order(d_outputs[direction], direction)[-1] = d_last
    return gradient | layers_back(weights, d_outputs, memories, cell)


def layers_back(weights: Weights, d_outputs, memories, cell):
    """Return the gradient of the layers' arrays, given that of the top layer's outputs."""
    directions, gradient = directions_of(weights), {}
    for layer in reversed(range(n_layers_of(weights))):
        d_inputs = []
        for direction in directions:
            d_walked, d_weights = one_direction_back(
                cell,
                in_walking_order(d_outputs[direction], direction),
                memories[layer, direction],
                *arrays_of(weights, layer, direction),
            )
            d_inputs.append(in_walking_order(d_walked, direction))
            for name, array in zip(("input", "recurrent", "bias"), d_weights, strict=True):
                gradient[f"layer_{layer}.{direction}.{name}"] = array
        if layer > 0:
            d_parts = np.split(sum(d_inputs), len(directions), axis=1)
            d_outputs = dict(zip(directions, d_parts, strict=True))
    return gradient


def step_outputs(weights: Weights, sequences, *, cell: str, activation: str) -> list[np.ndarray]:
    """Return the raw outputs of every step of each sequence, (length, n_outputs)."""
    weights, rule = in_float64(weights), CELLS[cell](activation)
    return [
        side_by_side(weights, every_step(weights, np.asarray(sequence, np.float64), rule)[0])
        @ weights["output.weight"]
        + weights["output.bias"]
        for sequence in sequences
    ]


def side_by_side(weights: Weights, outputs) -> np.ndarray:
    """Return the outputs of all directions, (length, n_columns)."""
    return np.concatenate([outputs[d] for d in directions_of(weights)], axis=1)


def step_gradient(weights: Weights, sequences, d_raw, *, cell: str, activation: str) -> Weights:
    """Return the gradient of every array, given that of every step's raw outputs."""
    weights, rule = in_float64(weights), CELLS[cell](activation)
    total = {name: np.zeros_like(array) for name, array in weights.items()}
    for sequence, d_one in zip(sequences, d_raw, strict=True):
        outputs, memories = every_step(weights, np.asarray(sequence, np.float64), rule)
        hidden = side_by_side(weights, outputs)
        d_hidden = np.split(d_one @ weights["output.weight"].T, len(outputs), axis=1)
        d_outputs = dict(zip(directions_of(weights), d_hidden, strict=True))
        one = layers_back(weights, d_outputs, memories, rule)
        one |= {"output.weight": hidden.T @ d_one, "output.bias": d_one.sum(axis=0)}
        for name, array in one.items():
            total[name] += array
    return total


def in_float64(weights: Weights) -> Weights:
    """Return the weights, exactly, in the precision that the twin computes in."""
    return {name: np.asarray(array, dtype=np.float64) for name, array in weights.items()}


def raw_outputs(weights: Weights, sequences, *, cell: str, activation: str) -> np.ndarray:
    """Return the raw outputs, (n_sequences, n_outputs), of (length, n_features) arrays."""
    weights, rule = in_float64(weights), CELLS[cell](activation)
    return np.array([one_sequence(weights, np.asarray(s, np.float64), rule)[0] for s in sequences])


def gradient(weights: Weights, sequences, d_raw, *, cell: str, activation: str) -> Weights:
    """Return d loss / d weights by name, given d loss / d raw outputs (n_sequences, n_outputs)."""
    weights, rule = in_float64(weights), CELLS[cell](activation)
    total = {name: np.zeros_like(array) for name, array in weights.items()}
    for sequence, d_one in zip(sequences, np.asarray(d_raw, np.float64), strict=True):
        one = one_sequence_gradient(weights, np.asarray(sequence, np.float64), d_one, rule)
        for name, array in one.items():
            total[name] += array
    return total
