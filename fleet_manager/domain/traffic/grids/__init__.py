"""Path finding for many agents on grids, as research measures it: to compare with its solvers.

Unit steps to four neighbours, a cell is handed over in an instant: not how robots drive here.
"""
