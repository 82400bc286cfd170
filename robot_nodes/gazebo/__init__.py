"""Hospitals in Gazebo: worlds made from maps, engines that run them, and what robots see there."""
