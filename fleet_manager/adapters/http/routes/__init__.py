"""Routes, one module for each kind of reader. Who may call them stands in `access.ACCESS`."""
