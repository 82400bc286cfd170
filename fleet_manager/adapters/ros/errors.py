"""What can go wrong with the link as a whole. A bad message is a value, MalformedReport."""

from __future__ import annotations


class LinkFailed(Exception):
    """ROS could not be started: a name that is no ROS name, a bad domain, no middleware."""
