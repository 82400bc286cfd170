"""What robots, lifts and doors do, without ROS: time and messages come in as arguments."""
