"""Maps of other programs, made into ours: read, mended where they could lock up, and listed."""

from fleet_manager.adapters.files.importing.opentcs import import_opentcs
from fleet_manager.adapters.files.importing.report import Imported, Note, Weight
from fleet_manager.adapters.files.importing.rmf import import_rmf

__all__ = ['Imported', 'Note', 'Weight', 'import_opentcs', 'import_rmf']
