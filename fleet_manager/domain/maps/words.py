"""The words that people may write in a hospital's files, beside names and ids."""

from __future__ import annotations

from typing import Final

#: Rooms one walks into from a corridor without a wall between; robots drive in these only.
OPEN_ROOMS: Final = ('corridor', 'lobby', 'lift_lobby', 'handover', 'robot')
#: Rooms behind walls.
CLOSED_ROOMS: Final = (
    'ward',
    'icu',
    'nurse',
    'pharmacy',
    'lab',
    'kitchen',
    'store',
    'sterile',
    'theatre',
    'clinic',
    'office',
    'utility',
    'laundry',
    'waste',
    'toilet',
    'stairs',
    'lift_shaft',
)
#: Kind of room -> its family, whose rooms are drawn in one colour.
FAMILIES: Final = {
    'corridor': 'way',
    'lobby': 'way',
    'lift_lobby': 'way',
    'handover': 'robots',
    'robot': 'robots',
    'ward': 'care',
    'nurse': 'care',
    'icu': 'intensive',
    'theatre': 'intensive',
    'clinic': 'visits',
    'pharmacy': 'medicine',
    'lab': 'medicine',
    'sterile': 'sterile',
    'kitchen': 'logistics',
    'store': 'logistics',
    'laundry': 'logistics',
    'waste': 'refuse',
    'office': 'service',
    'utility': 'service',
    'toilet': 'service',
    'stairs': 'vertical',
    'lift_shaft': 'vertical',
}
#: Areas with a rule.
ZONE_KINDS: Final = (
    'clean',
    'dirty',
    'isolation',
    'public',
    'quiet',
    'no_go',
    'fire_compartment',
    'egress',
    'refuge',
)
STATION_KINDS: Final = (
    'pharmacy',
    'lab',
    'kitchen',
    'stores',
    'cssd',
    'theatre',
    'icu',
    'emergency',
    'clinic',
    'ward',
    'laundry',
    'waste',
    'porters',
)
GOODS_CLASSES: Final = (
    'drug',
    'controlled',
    'blood',
    'specimen',
    'sterile',
    'meal',
    'supply',
    'linen',
    'soiled',
    'waste',
)
DOOR_KINDS: Final = ('sliding', 'hinged')
#: Which side of its car a lift opens on a floor.
LIFT_DOORS: Final = ('front', 'rear')
#: What a lift or a robot may carry.
RATINGS: Final = ('any', 'clean', 'dirty')
#: Who rides in a lift.
ACCESSES: Final = ('service', 'public')
