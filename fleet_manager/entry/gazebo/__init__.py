"""The commands `fleet gazebo …`."""
