"""A language model's answers, one token at a time, by the equations."""

import numpy as np

from .. import naive


def codes_of(model, tokens):
    """Return the codes of tokens; those that have none are 0."""
    return [model.vocabulary_.get(token, 0) for token in tokens]


def states_of_codes(model, codes):
    """Return the last layer's state after each code that is read, (n_codes, n_hidden)."""
    weights = naive.in_float64(model.weights_)
    rule = naive.CELLS[model.cell](model.activation)
    steps = weights["embedding_0.weight"][codes]
    for layer in range(naive.n_layers_of(weights)):
        W, U, b = naive.arrays_of(weights, layer, "forward")
        state, outputs = tuple(np.zeros(len(U)) for _ in range(rule.n_states)), []
        for step in steps:
            state, _ = rule.step(step, state, W, U, b)
            outputs.append(state[0])
        steps = np.array(outputs)
    return steps


def log_probas_of_codes(model, codes):
    """Return the log-probability of every code after each code, (n_codes, n_tokens)."""
    weights = naive.in_float64(model.weights_)
    head = weights["embedding_0.weight"].T if model.tie_weights else weights["output.weight"]
    raw = states_of_codes(model, codes) @ head + weights["output.bias"]
    return raw - np.logaddexp.reduce(raw, axis=1, keepdims=True)


def states(model, tokens):
    """Return the last layer's state before each token of a text, and before its end."""
    return states_of_codes(model, [len(model.vocabulary_) + 1, *codes_of(model, tokens)])


def log_probas(model, tokens):
    """Return the log-probability of every code at each token of a text, and at its end."""
    return log_probas_of_codes(model, [len(model.vocabulary_) + 1, *codes_of(model, tokens)])
