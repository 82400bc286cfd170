"""Deliveries: goods classes, promises and the closed loop from request to signature."""
