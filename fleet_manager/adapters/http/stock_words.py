"""What is wrong with a file of catalogue and stock, in the reader's language."""

from __future__ import annotations

from fleet_manager.adapters.http.i18n import Words
from fleet_manager.application.stock.sheet import SheetProblem


def problem_text(words: Words, problem: SheetProblem) -> str:
    """Return one problem as a sentence with its line and column."""
    reason = words(f'stores.wrong.{problem.code}', value=problem.value)
    if not problem.column:
        return words('stores.wrong_line', line=problem.line, reason=reason)
    return words('stores.wrong_cell', line=problem.line, column=problem.column, reason=reason)
