"""Who may be where: routes, claims, and the order in which they are granted."""
