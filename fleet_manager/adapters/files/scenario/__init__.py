"""Reads and writes a scenario, one hospital day as a YAML file."""

from fleet_manager.adapters.files.scenario.load import Loaded, load_scenario
from fleet_manager.adapters.files.scenario.write import save_scenario

__all__ = ['Loaded', 'load_scenario', 'save_scenario']
