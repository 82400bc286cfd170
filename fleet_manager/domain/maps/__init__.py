"""The hospital: floors, navigation graph, doors, lifts and stations, as immutable data."""
