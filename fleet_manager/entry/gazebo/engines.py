"""The command `fleet gazebo engines`."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table


def engines() -> None:
    """Show which engines can run a world on this machine, and why others cannot.

    Example: fleet gazebo engines
    """
    from robot_nodes.gazebo.engines import available

    table = Table('engine', 'here', 'which, or why not', box=None)
    for found in available():
        table.add_row(found.name, 'yes' if found.present else 'no', found.about)
    Console().print(table)
