"""Every block of Python in the README and the documentation runs, in the order of its page.

A block under a comment that names another test is run by that test.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^(<!-- tests/[^\n]*-->\n)?```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks_of(page):
    return [block for elsewhere, block in BLOCK.findall(page.read_text("utf-8")) if not elsewhere]


PAGES = [page for page in [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))] if blocks_of(page)]


# What the documentation shows should need no advice.
@pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("error:early_stopping decides by only")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_blocks_of_page_run(page):
    namespace = {"__name__": page.stem}
    for number, block in enumerate(blocks_of(page), 1):
        exec(compile(block, f"{page.name}, block {number}", "exec"), namespace)
