"""Records of fits with one thing changed, and whether that is noticed."""

import copy
import io
import json
import pickle
import zipfile
from functools import cache

import joblib
import numpy as np

from skrnn import RNNClassifier, RNNRegressor

from ..toys import QUICK, indicated, labelled, ragged

# What a value of each kind is replaced by: another kind, another size, out of range.
ODDITIES = [None, "x", -1, 0, 7, 400, 2**31, 2**70, 1.5, np.nan, np.inf, [], (), {}, b"y", True]


def fitted():
    """Return estimators of every kind, each with what it is fitted on."""
    options = QUICK | {"max_iter": 2}
    several = {"loss": "quantile", "quantile": [0.2, 0.8], "solver": "adamw"}
    table = np.eye(9)
    problems = [
        (RNNClassifier(**options), labelled(["a", "b"])),
        (RNNClassifier(**options, cell="gru", early_stopping=True), labelled([1, 2, 3])),
        (RNNClassifier(**options, pooling="mean"), indicated()),
        (RNNRegressor(**options, solver="sgd", dtype="float64"), ragged()),
        (RNNRegressor(**options, cell="simple", **several), ragged()),
        (RNNRegressor(**options, bidirectional=True), (table, table[0])),
    ]
    return [(estimator.fit(X, y), X, y) for estimator, (X, y) in problems]


def places_in(value, path=()):
    """List the paths to everything in nested dicts, lists and tuples."""
    if path:
        yield path
    if isinstance(value, dict):
        for key in value:
            yield from places_in(value[key], (*path, key))
    elif isinstance(value, list | tuple):
        for index, one in enumerate(value):
            yield from places_in(one, (*path, index))


def replaced(value, path, new):
    """Return a copy of nested values with another one at a path; without it if that is `...`."""
    if not path:
        return new
    key, *rest = path
    if isinstance(value, dict):
        if not rest and new is ...:
            return {name: one for name, one in value.items() if name != key}
        return value | {key: replaced(value[key], rest, new)}
    items = list(value)
    items[key] = replaced(items[key], rest, None if new is ... else new)
    return type(value)(items)


def at(value, path):
    for key in path:
        value = value[key]
    return value


def change(value, rng):
    """Return something else than a value that may not be in its place."""
    if isinstance(value, np.ndarray) and value.size and rng.random() < 0.8:
        wrong = [
            value[:-1],
            np.concatenate([value, value]),
            value[np.newaxis],
            value[:0],
            np.lib.stride_tricks.as_strided(value, (3 * len(value),), (0,)),
            value.tolist(),
        ]
        if value.dtype.kind == "f":
            wrong += [np.full_like(value, np.nan), value.astype("f2"), value.astype(complex)]
            wrong += [value.astype(object), np.where(np.arange(len(value)) == 0, -np.inf, value)]
        else:
            wrong += [np.roll(value, 1), np.repeat(value[:1], len(value))]
        return wrong[rng.integers(len(wrong))]
    if isinstance(value, dict) and rng.random() < 0.5:
        return value | {"more": 1}
    choices = [one for one in [*ODDITIES, ...] if type(one) is not type(value) or one != value]
    if type(value) is int:
        choices = [value + 1, value - 1, 2 * value + 1, -value - 1, float(value), *choices]
    return choices[rng.integers(len(choices))]


def blank(kind):
    return kind.__new__(kind)


class Forged:
    """Pickles as an estimator of some state."""

    def __init__(self, kind, state):
        self.kind, self.state = kind, state

    def __reduce__(self):
        return blank, (self.kind,), self.state


def through_pickle(forged):
    return pickle.loads(pickle.dumps(forged))


def through_joblib(forged):
    file = io.BytesIO()
    joblib.dump(forged, file)
    file.seek(0)
    return joblib.load(file)


def forge_saved(estimator, rng, through):
    """Return where a saved state was changed, and what loads it."""
    state = estimator.__getstate__()
    places = list(places_in(state["_fitted"], ("_fitted",)))
    path = places[rng.integers(len(places))]
    changed = replaced(state, path, change(at(state, path), rng))
    return path, lambda: through(Forged(type(estimator), changed))


@cache
def skops_file(estimator):
    """Return the files in a skops file, by name, and the classes that it needs to be trusted."""
    from skops import io as skops_io

    text = skops_io.dumps(estimator)
    with zipfile.ZipFile(io.BytesIO(text)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return files, skops_io.get_untrusted_types(data=text)


def forge_skops(estimator, rng):
    """Return where the schema or an array of a skops file was changed, and what loads it."""
    from skops import io as skops_io

    files, trusted = skops_file(estimator)
    files = dict(files)
    arrays = [name for name in files if name.endswith(".npy")]
    name = arrays[rng.integers(len(arrays))] if rng.random() < 0.4 else "schema.json"
    if name == "schema.json":
        schema = json.loads(files[name])
        leaves = [path for path in places_in(schema) if path[-1] == "content"]
        leaves = [path for path in leaves if isinstance(at(schema, path), str)]
        path = leaves[rng.integers(len(leaves))]
        plain = [one for one in ODDITIES if not isinstance(one, bytes | tuple)]
        new = json.dumps(plain[rng.integers(len(plain))])
        files[name] = json.dumps(replaced(schema, path, new)).encode()
    else:
        path, file = (name,), io.BytesIO()
        np.save(file, np.asarray(change(np.load(io.BytesIO(files[name])), rng), dtype=None))
        files[name] = file.getvalue()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path, lambda: skops_io.loads(file.getvalue(), trusted=trusted)


def forge_attribute(estimator, rng):
    """Return which attribute of a copy, or of what it holds, was changed, and what gives it."""
    twin = copy.deepcopy(estimator)
    record = twin._fitted
    holders = [twin, record, record.architecture, record.training, record.task]
    holders += [record.training.solver, record.task.loss, getattr(record.task, "units", record)]
    holders = [one for one in holders if vars(one)]
    holder = holders[rng.integers(len(holders))]
    names = [name for name in vars(holder) if name not in ("network", "predictor", "weights")]
    name = names[rng.integers(len(names))]
    new = change(vars(holder)[name], rng)
    if new is ...:
        del vars(holder)[name]
    else:
        object.__setattr__(holder, name, new)
    return (type(holder).__name__, name), lambda: twin


WAYS = {
    "pickle": lambda estimator, rng: forge_saved(estimator, rng, through_pickle),
    "joblib": lambda estimator, rng: forge_saved(estimator, rng, through_joblib),
    "skops": forge_skops,
    "attribute": forge_attribute,
}


def is_named(path, message):
    """Whether a message names what was changed, or what holds it."""
    return any(str(name) in message for name in path if isinstance(name, str))


def is_refused(way, path, load, problem):
    """Return whether a record was refused; fail if what it predicts is wrong."""
    where, (X, y, expected) = f"{way}, {path}", problem
    try:
        twin = load()
    except Exception as error:
        if way != "skops":  # which has errors of its own
            assert isinstance(error, ValueError), (where, error)
            assert is_named(path, str(error)), (where, error)
        return True
    try:
        found = twin.predict(X)
    except Exception as error:
        # A private attribute may be anything; the error need not be one of ours.
        assert way == "attribute" or isinstance(error, ValueError), (where, error)
        return True
    np.testing.assert_array_equal(found, expected, err_msg=where)
    try:
        found = twin.partial_fit(X, y).predict(X)
    except (ValueError, TypeError, AttributeError) as error:
        assert str(error), where
        return True
    assert found.shape == expected.shape, where
    return False


def tamper(way, seed, n_records):
    """Change so many records; return how many were refused."""
    rng, n_refused = np.random.default_rng(seed), 0
    estimators = [(one, (X, y, one.predict(X))) for one, X, y in fitted()]
    for number in range(n_records):
        estimator, problem = estimators[number % len(estimators)]
        path, load = WAYS[way](estimator, rng)
        n_refused += is_refused(way, path, load, problem)
    return n_refused
