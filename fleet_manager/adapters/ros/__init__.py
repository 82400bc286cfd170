"""ROS 2: what robots, lifts and doors say becomes reports, directives become messages to them.

Importing this package sets defaults in the environment, because ROS reads them where nobody can
pass them as arguments. A variable somebody has set stays as it is, and one that says where others
are to be found stands for all.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Final

#: Where others are to be found is decided by whoever sets one of these.
_REACH: Final = (
    'ROS_AUTOMATIC_DISCOVERY_RANGE',
    'ROS_STATIC_PEERS',
    'FASTRTPS_DEFAULT_PROFILES_FILE',
    'FASTDDS_DEFAULT_PROFILES_FILE',
)


def _stay_on_loopback() -> None:
    """Keep to UDP on 127.0.0.1, by the profile that is installed with the interfaces.

    With the range LOCALHOST Fast DDS 2.14 listens on every interface and uses shared memory,
    whose segments stay in /dev/shm after a kill: so the range is left to the profile.
    """
    found = importlib.util.find_spec('hospital_fleet_msgs')
    if found is None or found.origin is None or any(name in os.environ for name in _REACH):
        return
    prefix = Path(found.origin).parents[4]
    profile = prefix / 'share' / 'hospital_fleet_msgs' / 'dds' / 'loopback.xml'
    if profile.is_file():
        os.environ['FASTRTPS_DEFAULT_PROFILES_FILE'] = str(profile)
        os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'SYSTEM_DEFAULT'
    else:
        os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'


_stay_on_loopback()
#: rclpy does not check the types of message fields unless told to.
os.environ.setdefault('ROS_PYTHON_CHECK_FIELDS', '1')
