"""ROS 2: what robots, lifts and doors say becomes reports, directives become messages to them.

Importing this package sets defaults in the environment, because ROS reads them where nobody can
pass them as arguments: the discovery range and the transports when a participant starts, the field
checks when a message module is first imported. A variable somebody has set stays as it is.
"""

from __future__ import annotations

import os
from typing import Final

#: Nothing leaves the machine unless a person says so; shared memory leaves segments in /dev/shm
#: after a kill; rclpy does not check the types of message fields unless told to. With the range
#: LOCALHOST Fast DDS 2.14 uses shared memory whatever the transports say: setup/dds/loopback.xml
#: is the profile that keeps to UDP on 127.0.0.1, and `make` uses it.
ENVIRONMENT_DEFAULTS: Final = {
    'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
    'FASTDDS_BUILTIN_TRANSPORTS': 'UDPv4',
    'ROS_PYTHON_CHECK_FIELDS': '1',
}

for _name, _value in ENVIRONMENT_DEFAULTS.items():
    os.environ.setdefault(_name, _value)
