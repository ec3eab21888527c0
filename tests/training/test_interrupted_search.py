"""Ctrl-C ends all of a search, and not only one of its fits."""

import sys

import pytest

from ..child import run_child

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows sends Ctrl-C to a whole console"
)

START = """
import os, signal, sys, threading, time
import joblib
import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import AdaBoostRegressor
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from skrnn import RNNRegressor

X = np.sin(np.arange(60.0).reshape(6, 10))
y = X[:, 0]
# One update an epoch.
network = RNNRegressor(4, max_iter=40, n_iter_no_change=np.inf, n_jobs=1)

def call_it():
    try:
        {call}
    except KeyboardInterrupt:
        print("interrupted")
    else:
        print("kept")
"""
AT_AN_UPDATE = """
from skrnn.solvers import SOLVERS

update, n_updates = SOLVERS["adam"].update, 0

def interrupted(*arguments):
    global n_updates
    update(*arguments)
    n_updates += 1
    if n_updates == {number}:
        os.kill(os.getpid(), signal.SIGINT)

SOLVERS["adam"].update = interrupted
call_it()
"""
SEARCH = "GridSearchCV({}, {{'{}': [40, 41]}}, cv=2).fit(X, y)"


@pytest.mark.parametrize(
    "call, number",
    [
        pytest.param(SEARCH.format("network", "max_iter"), 20, id="search"),
        pytest.param(SEARCH.format("network", "max_iter"), 170, id="fit of the best"),
        pytest.param(
            SEARCH.format(
                "make_pipeline(FunctionTransformer(), network)", "rnnregressor__max_iter"
            ),
            20,
            id="pipeline in a search",
        ),
        pytest.param("cross_val_score(network, X, y, cv=2)", 20, id="scores"),
        pytest.param("AdaBoostRegressor(network, n_estimators=3).fit(X, y)", 20, id="ensemble"),
        pytest.param("joblib.Parallel(1)([joblib.delayed(network.fit)(X, y)])", 20, id="task"),
    ],
)
def test_goes_on_to_the_caller(call, number):
    program = START.format(call=call) + AT_AN_UPDATE.format(number=number)
    assert run_child(program).split() == ["interrupted"]


@pytest.mark.parametrize(
    "call",
    [
        "network.fit(X, y)",
        "make_pipeline(FunctionTransformer(), network).fit(X, y)",
        "TransformedTargetRegressor(network).fit(X, y)",
    ],
)
def test_one_fit_alone_keeps_what_it_learnt(call):
    program = START.format(call=call) + AT_AN_UPDATE.format(number=20)
    assert run_child(program).split() == ["kept"]


# A terminal signals all processes of the group, `kill` only one.
IN_WORKERS = """
folder, send = sys.argv[1:]

def mark(X):
    open(os.path.join(folder, str(os.getpid())), "w").close()
    return X

def watch():
    while not os.listdir(folder):
        time.sleep(0.01)
    time.sleep(0.5)  # now the workers are in `fit`
    if send == "group":
        os.killpg(os.getpgrp(), signal.SIGINT)
    else:
        os.kill(os.getpid(), signal.SIGINT)

network.set_params(max_iter=10_000_000)
threading.Thread(target=watch, daemon=True).start()
call_it()
"""


@pytest.mark.parametrize("send", ["group", "process"])
def test_ends_a_search_in_worker_processes(tmp_path, send):
    pipeline = "make_pipeline(FunctionTransformer(mark), network)"
    call = f"GridSearchCV({pipeline}, {{'rnnregressor__alpha': [0, 1]}}, cv=2, n_jobs=2).fit(X, y)"
    program = START.format(call=call) + IN_WORKERS
    # Each worker imports all of scikit-learn first: seconds, on a busy machine many.
    assert run_child(program, tmp_path, send, timeout=90).split() == ["interrupted"]
