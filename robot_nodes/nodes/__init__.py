"""Thin rclpy shells around `robot_nodes.core`, and the programs that start them."""
