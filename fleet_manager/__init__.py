"""Open fleet controller for hospital logistics robots: the fleet manager."""

__version__ = '0.1.0'
