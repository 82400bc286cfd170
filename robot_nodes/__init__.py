"""ROS 2 nodes that run on a robot, a lift or a door."""
