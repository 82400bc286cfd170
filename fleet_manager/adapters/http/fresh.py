"""New secrets, drawn by chance and shown once."""

from __future__ import annotations

import secrets

from fleet_manager.application.people import PIN_LENGTH, WITH_PIN, problem_of_secret
from fleet_manager.domain.messages import Role


def new_pin() -> str:
    """Return a PIN that is not one people would guess first: at least four different digits."""
    while True:
        pin = ''.join(secrets.choice('0123456789') for _ in range(PIN_LENGTH))
        if not problem_of_secret(Role.WARD, pin):
            return pin


def new_secret(role: str) -> str:
    """Return a PIN for who signs at robots, a password for everybody else."""
    return new_pin() if role in WITH_PIN else secrets.token_urlsafe(12)
