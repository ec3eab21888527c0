"""A chain of labels, by all sequences of labels that there are.

Of one sequence: raw are the scores of labels at steps, (n_steps, n_labels), and parameters the
scores of transitions, from and to, of starts and of ends, minus infinity for what is not allowed.
A path is a sequence of labels. Codes are labels that are known, -1 where there is none.
"""

import itertools

import numpy as np

Paths = dict[tuple[int, ...], float]


def path_scores(raw: np.ndarray, transitions, start, end) -> Paths:
    """Return the score of every path."""
    n_steps, n_labels = raw.shape
    scores = {}
    for path in itertools.product(range(n_labels), repeat=n_steps):
        score = start[path[0]] + end[path[-1]]
        score += sum(raw[t, label] for t, label in enumerate(path))
        score += sum(transitions[pair] for pair in itertools.pairwise(path))
        scores[path] = float(score)
    return scores


def log_sum(terms) -> float:
    """Return log(sum(exp(terms)))."""
    terms = np.array(list(terms))
    top = max(terms, default=-np.inf)
    if top == -np.inf:
        return -np.inf
    return float(top + np.log(np.exp(terms - top).sum()))


def with_labels(paths: Paths, codes) -> Paths:
    """Return the paths that have the known labels."""
    return {
        path: score
        for path, score in paths.items()
        if all(code in (-1, label) for code, label in zip(codes, path, strict=True))
    }


def log_marginals(paths: Paths, n_labels: int) -> np.ndarray:
    """Return log p of each label at each step, (n_steps, n_labels)."""
    total, n_steps = log_sum(paths.values()), len(next(iter(paths)))
    log_proba = np.full((n_steps, n_labels), -np.inf)
    for t in range(n_steps):
        for label in range(n_labels):
            through = log_sum(score for path, score in paths.items() if path[t] == label)
            if through > -np.inf:
                log_proba[t, label] = through - total
    return log_proba


def best_paths(paths: Paths) -> list[tuple[int, ...]]:
    """Return what is allowed, highest score first; of equal ones, the lowest last label first.

    If that is the same too, the label before it decides, and so on.
    """
    allowed = [path for path in paths if paths[path] > -np.inf]
    return sorted(allowed, key=lambda path: (-paths[path], path[::-1]))


def log_sum_of_long(raw: np.ndarray, transitions, start, end, codes=None) -> float:
    """Return the log of the sum over all paths, or those with the labels, for many steps."""
    n_steps, n_labels = raw.shape
    if codes is not None:
        raw = raw.copy()
        for t in np.flatnonzero(np.asarray(codes) >= 0):
            raw[t, np.arange(n_labels) != codes[t]] = -np.inf
    so_far = start + raw[0]
    for t in range(1, n_steps):
        so_far = np.array(
            [log_sum(so_far + transitions[:, label]) + raw[t, label] for label in range(n_labels)]
        )
    return log_sum(so_far + end)
