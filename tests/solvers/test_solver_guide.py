"""That a solver and a schedule really are one file each: those of the guide."""

import re

import pytest

PROGRAM = """
from skrnn import RNNClassifier
from skrnn.estimators import requested
from skrnn.solvers import SOLVERS

named = RNNClassifier(solver="adamax", beta_1=0.5, learning_rate="quadratic")
named._check_hyperparameters()
assert requested.solver(named).get_params() == {"beta_1": 0.5, "decay": 0.999, "epsilon": 1e-8}
given = RNNClassifier(solver=SOLVERS["adamax"](decay=0.9)).set_params(solver__beta_1=0.25)
given._check_hyperparameters()
assert requested.solver(given).get_params() == {"beta_1": 0.25, "decay": 0.9, "epsilon": 1e-8}
"""


@pytest.mark.slow
def test_solver_and_schedule_of_the_guide_are_tested_by_what_is_there(package_copy):
    folder, run = package_copy
    guide = (folder / "docs" / "solvers.md").read_text(encoding="utf-8")
    solver, schedule = re.findall(r"^<!-- .*?-->\n```python\n(.*?)```", guide, re.DOTALL | re.M)
    (folder / "skrnn" / "solvers" / "adamax.py").write_text(solver, encoding="utf-8")
    (folder / "skrnn" / "schedules" / "quadratic.py").write_text(schedule, encoding="utf-8")

    by_estimators = run("-c", PROGRAM)
    assert by_estimators.returncode == 0, by_estimators.stderr
    subjects = "solvers/test_solvers.py", "solvers/test_solver_objects.py", "schedules", "training"
    files = [f"tests/{subject}" for subject in subjects]
    by_registry = run("-m", "pytest", "-v", *files, "-k", "adamax or quadratic")
    assert by_registry.returncode == 0, by_registry.stdout
    assert "[adamax]" in by_registry.stdout
    assert "[quadratic]" in by_registry.stdout
