"""What gz sim and everybody who talks to it must have in their environment."""

from __future__ import annotations


def environment(partition: str) -> dict[str, str]:
    """Return the variables that keep a partition to itself, and its talk on this machine."""
    return {
        'GZ_PARTITION': partition,
        'GZ_IP': '127.0.0.1',
        # Jetty can also talk over Zenoh.
        'GZ_TRANSPORT_IMPLEMENTATION': 'zeromq',
        # A burst of steps says more than the usual 1000 messages, and none may be lost.
        'GZ_TRANSPORT_SNDHWM': '0',
        'GZ_TRANSPORT_RCVHWM': '0',
    }
