"""Gazebo 11: fetched without root where it is missing, with a plugin that steps it exactly."""
