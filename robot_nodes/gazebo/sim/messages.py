"""The messages of gz-transport and gz sim that the engine speaks, made without a compiler.

A line of the table is `Name: number name type ...`; `*` marks what is repeated. The numbers are
those of gz-msgs 10 to 12. A message has the fields that are used here and skips all others.
"""

from __future__ import annotations

from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE: Final = 'gz.msgs'

_SCALARS: Final = {'f64': 1, 'i64': 3, 'u64': 4, 'i32': 5, 'bool': 8, 'str': 9, 'u32': 13}
_MESSAGE, _ONE, _MANY = 11, 1, 3

_TABLE: Final = """
Time: 1 sec i64 2 nsec i32
Header: 1 stamp Time
Vector3d: 2 x f64 3 y f64 4 z f64
Quaternion: 2 x f64 3 y f64 4 z f64 5 w f64
Pose: 1 header Header 2 name str 3 id u32 4 position Vector3d 5 orientation Quaternion
Pose_V: 1 header Header 2 pose Pose*
Twist: 1 header Header 2 linear Vector3d 3 angular Vector3d
Double: 1 header Header 2 data f64
Boolean: 1 header Header 2 data bool
WorldControl: 1 header Header 2 pause bool 4 multi_step u32
Clock: 1 header Header 2 system Time 3 real Time 4 sim Time
Entity: 2 id u64 3 name str
Contact: 2 collision1 Entity 3 collision2 Entity 6 depth f64*
Contacts: 1 header Header 2 contact Contact*
Axis: 10 position f64 11 velocity f64
Joint: 2 name str 10 axis1 Axis
Model: 1 header Header 2 name str 6 joint Joint*
Subscriber: 1 topic str
Flags: 1 relay bool
MessagePublisher: 1 ctrl str 2 msg_type str 3 throttled bool 4 msgs_per_sec u64
ServicePublisher: 1 socket_id str 2 request_type str 3 response_type str
Publisher: 1 topic str 2 address str 3 process_uuid str 4 node_uuid str 5 scope i32
 6 msg_pub MessagePublisher 7 srv_pub ServicePublisher
Discovery: 2 version u32 3 process_uuid str 4 type i32 5 flags Flags 6 sub Subscriber
 7 pub Publisher
"""


def _build() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name='table', package=PACKAGE, syntax='proto3')
    for line in _TABLE.strip().replace('\n ', ' ').splitlines():
        name, fields = line.split(':')
        message = file.message_type.add(name=name)
        words = fields.split()
        for number, field, kind in zip(words[0::3], words[1::3], words[2::3], strict=True):
            plain = kind.rstrip('*')
            added = message.field.add(name=field, number=int(number))
            added.label = _ONE if plain == kind else _MANY
            added.type = _SCALARS.get(plain, _MESSAGE)
            if added.type == _MESSAGE:
                added.type_name = f'.{PACKAGE}.{plain}'
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        message.name: message_factory.GetMessageClass(
            pool.FindMessageTypeByName(f'{PACKAGE}.{message.name}')
        )
        for message in file.message_type
    }


_CLASSES: Final = _build()

Boolean = _CLASSES['Boolean']
Clock = _CLASSES['Clock']
Contacts = _CLASSES['Contacts']
Discovery = _CLASSES['Discovery']
Double = _CLASSES['Double']
Model = _CLASSES['Model']
PoseV = _CLASSES['Pose_V']
Publisher = _CLASSES['Publisher']
Twist = _CLASSES['Twist']
WorldControl = _CLASSES['WorldControl']


def kind_of(message: Any) -> str:
    """Return the name that a message, or its class, has on the wire."""
    return str(message.DESCRIPTOR.full_name)


def nanoseconds(time: Any) -> int:
    """Return a `Time` as one number."""
    return int(time.sec * 1_000_000_000 + time.nsec)
