"""The map editor: one page, for one person, on the machine the map is on."""
