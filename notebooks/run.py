"""Executes notebooks from top to bottom with plain Python, without Jupyter.

    ZHIHUI_HOME=./zhihui-home python notebooks/run.py [NOTEBOOK ...]

Without names it runs every notebook beside this file. The value of a cell's last line is printed as Jupyter would show it;
nothing is written into the notebooks. Exit code 0: all ran; 1: a cell failed, and the message names it.
"""

import ast
import json
import os
import sys
import traceback
from pathlib import Path


def run(path: Path) -> bool:
    """Runs one notebook's code cells in one namespace and says whether all of them ran."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    namespace = {"__name__": "__main__"}
    for number, cell in enumerate(cells, start=1):
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])
        try:
            value = execute(source, f"{path.name}, cell {number}", namespace)
        except Exception:
            traceback.print_exc()
            print(f"{path}: cell {number} failed:\n{source}", file=sys.stderr)
            return False
        if value is not None:
            print(value)
    return True


def execute(source: str, name: str, namespace: dict) -> object:
    """Executes a cell; returns the value of its last line if that is an expression."""
    tree = ast.parse(source, filename=name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), namespace)
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), name, "eval"), namespace)


if __name__ == "__main__":
    # Figures are drawn and thrown away; no window opens.
    os.environ["MPLBACKEND"] = "Agg"
    chosen = [Path(name) for name in sys.argv[1:]] or sorted(Path(__file__).parent.glob("*.ipynb"))
    sys.exit(0 if all([run(path) for path in chosen]) else 1)
