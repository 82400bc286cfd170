"""What others build on: commands, routes, events, topics. A change here is a decision, not a slip.

Each list is sorted and whole. Whoever changes one changes the documentation with it.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest
import typer

from fleet_manager.adapters.http.access import ACCESS
from fleet_manager.adapters.http.app import routes_of
from fleet_manager.adapters.http.deeds import deed_of
from fleet_manager.application.audit import all_deeds
from fleet_manager.domain import messages
from fleet_manager.entry.cli import app as fleet
from fleet_manager.entry.composition import compose
from fleet_manager.entry.settings import Settings
from robot_nodes import qos as robots

COMMANDS = [
    'accounts add',
    'accounts badge',
    'accounts disable',
    'accounts enable',
    'accounts list',
    'accounts reset',
    'bench grid',
    'bench traffic',
    'capacity',
    'demo',
    'gazebo bridge',
    'gazebo calibrate',
    'gazebo engines',
    'gazebo install',
    'gazebo plan',
    'gazebo record',
    'gazebo world',
    'journal custody',
    'journal show',
    'journal verify',
    'keys list',
    'keys make',
    'keys revoke',
    'labels',
    'map check',
    'map draw',
    'map edit',
    'map generate',
    'map import opentcs',
    'map import rmf',
    'map swap',
    'openapi',
    'panel forget',
    'panel pair',
    'retention hold',
    'retention release',
    'retention run',
    'retention show',
    'serve',
    'simulate',
    'stores export',
    'stores import',
    'traffic plan',
    'traffic run',
    'version',
]
SETTINGS = [
    'cost_currency',
    'cost_porter_hour',
    'cost_robot_hour',
    'database_url',
    'hl7_port',
    'hospital',
    'host',
    'integration',
    'log_json',
    'log_level',
    'meal_cut_off_min',
    'meal_times',
    'oidc_address',
    'oidc_client_id',
    'oidc_client_secret_file',
    'oidc_clock_skew_s',
    'oidc_groups',
    'oidc_groups_claim',
    'oidc_issuer',
    'oidc_name',
    'oidc_scopes',
    'origins',
    'port',
    'report_days',
    'retention_accounts_days',
    'retention_audit_days',
    'retention_codes_days',
    'retention_controlled_days',
    'retention_hour',
    'retention_names_days',
    'retention_texts_days',
    'retention_waste_days',
    'robots',
    'ros',
    'sim_speed',
    'simulated_staff_per_hour',
    'snapshot_every',
    'state_dir',
    'time_zone',
    'tls_certificate',
    'tls_key',
    'webhook_networks',
]
ROUTES = [
    'GET /',
    'GET /accounts',
    'GET /accounts/{account}',
    'GET /api/v1/closures',
    'GET /api/v1/deliveries',
    'GET /api/v1/deliveries/{delivery}',
    'GET /api/v1/deliveries/{delivery}/custody',
    'GET /api/v1/deliveries/{delivery}/timeline',
    'GET /api/v1/map',
    'GET /api/v1/map/swap',
    'GET /api/v1/reports',
    'GET /api/v1/session',
    'GET /api/v1/space-time',
    'GET /api/v1/state',
    'GET /api/v1/webhooks',
    'GET /api/v1/webhooks/{webhook}',
    'GET /audit',
    'GET /audit.csv',
    'GET /confirm',
    'GET /custody',
    'GET /deliveries/{delivery}',
    'GET /deliveries/{delivery}/contents',
    'GET /deliveries/{delivery}/custody',
    'GET /deliveries/{delivery}/labels',
    'GET /desk',
    'GET /desk/book',
    'GET /desk/new',
    'GET /desk/old',
    'GET /desk/today',
    'GET /fhir/metadata',
    'GET /fhir/{kind}',
    'GET /fhir/{kind}/{delivery}',
    'GET /follow-ups',
    'GET /guide',
    'GET /guide/{guide}',
    'GET /healthz',
    'GET /i18n/{lang}.json',
    'GET /keys',
    'GET /login',
    'GET /me',
    'GET /metrics',
    'GET /oidc/callback',
    'GET /oidc/confirm',
    'GET /oidc/start',
    'GET /operator',
    'GET /porter',
    'GET /r/{station}',
    'GET /readyz',
    'GET /reports',
    'GET /reports/table.csv',
    'GET /retention',
    'GET /robot/{robot}/pair',
    'GET /robot/{robot}/panel',
    'GET /static/{path:path}',
    'GET /stores',
    'GET /stores/export.csv',
    'GET /stores/import',
    'GET /ward',
    'GET /ward/meals',
    'GET /ward/new',
    'GET /ward/timetable',
    'GET /webhooks',
    'GET /webhooks/{webhook}/dead/{events}/dismiss',
    'POST /accounts',
    'POST /accounts/{account}/badges',
    'POST /accounts/{account}/badges/{badge}/remove',
    'POST /accounts/{account}/change',
    'POST /accounts/{account}/disable',
    'POST /accounts/{account}/enable',
    'POST /accounts/{account}/secret',
    'POST /accounts/{account}/sessions/{seat}/end',
    'POST /accounts/{account}/unlink',
    'POST /api/v1/alerts/{alert}/acknowledge',
    'POST /api/v1/closures',
    'POST /api/v1/closures/{closure}/open',
    'POST /api/v1/deliveries',
    'POST /api/v1/deliveries/{delivery}/cancel',
    'POST /api/v1/deliveries/{delivery}/missing',
    'POST /api/v1/deliveries/{delivery}/put-off',
    'POST /api/v1/fleet/pause',
    'POST /api/v1/fleet/resume',
    'POST /api/v1/lifts/{lift}/release',
    'POST /api/v1/map/swap',
    'POST /api/v1/map/swap/cancel',
    'POST /api/v1/robots/{robot}/cleaned',
    'POST /api/v1/robots/{robot}/pause',
    'POST /api/v1/robots/{robot}/readmit',
    'POST /api/v1/robots/{robot}/resume',
    'POST /api/v1/webhooks',
    'POST /api/v1/webhooks/{webhook}/dead/{events}/dismiss',
    'POST /api/v1/webhooks/{webhook}/dead/{event}',
    'POST /api/v1/webhooks/{webhook}/{act}',
    'POST /confirm',
    'POST /deliveries',
    'POST /deliveries/{delivery}/bring-back',
    'POST /deliveries/{delivery}/call-off',
    'POST /deliveries/{delivery}/call-robot',
    'POST /deliveries/{delivery}/cancel',
    'POST /deliveries/{delivery}/close',
    'POST /deliveries/{delivery}/contents',
    'POST /deliveries/{delivery}/follow-up',
    'POST /deliveries/{delivery}/missing',
    'POST /deliveries/{delivery}/open',
    'POST /deliveries/{delivery}/open-left',
    'POST /deliveries/{delivery}/put-off',
    'POST /deliveries/{delivery}/rate',
    'POST /deliveries/{delivery}/refuse',
    'POST /deliveries/{delivery}/rescue',
    'POST /deliveries/{delivery}/rescued',
    'POST /deliveries/{delivery}/sign',
    'POST /deliveries/{delivery}/take',
    'POST /desk/complaints',
    'POST /desk/complaints/{complaint}/answer',
    'POST /desk/complaints/{complaint}/close',
    'POST /desk/new',
    'POST /desk/notes',
    'POST /desk/notes/{note}/take',
    'POST /fhir/SupplyRequest',
    'POST /keys',
    'POST /keys/{key}/revoke',
    'POST /language',
    'POST /login',
    'POST /logout',
    'POST /me/secret',
    'POST /me/sessions/{seat}/end',
    'POST /me/station',
    'POST /oidc/link',
    'POST /porter/{delivery}/claim',
    'POST /porter/{delivery}/hand-over',
    'POST /porter/{delivery}/take',
    'POST /porter/{delivery}/unclaim',
    'POST /retention/holds',
    'POST /retention/holds/{delivery}/release',
    'POST /retention/run',
    'POST /robot/{robot}/later',
    'POST /robot/{robot}/open',
    'POST /robot/{robot}/pair',
    'POST /robot/{robot}/refuse',
    'POST /robot/{robot}/sign',
    'POST /stores/count',
    'POST /stores/import',
    'POST /stores/proposals/{proposal}/accept',
    'POST /stores/proposals/{proposal}/dismiss',
    'POST /ward/beds',
    'POST /ward/favourites',
    'POST /ward/meals',
    'POST /ward/timetable',
    'POST /ward/timetable/{plan}',
    'POST /webhooks',
    'POST /webhooks/{webhook}/dead/{events}/dismiss',
    'POST /webhooks/{webhook}/dead/{event}',
    'POST /webhooks/{webhook}/{act}',
    'PUT /fhir/{kind}/{delivery}',
    'WS /api/v1/feed',
    'WS /robot/{robot}/feed',
]
COMMANDS_OF_PEOPLE = [
    'AcknowledgeAlert',
    'ApplyRetention',
    'AskRescue',
    'CallOffRescue',
    'CallRobot',
    'CancelDelivery',
    'CancelMapSwap',
    'CloseDelivery',
    'ClosePlace',
    'NoteFollowUp',
    'OpenCompartment',
    'OpenLeftBehind',
    'OpenPlace',
    'PauseFleet',
    'PauseRobot',
    'PutOffDelivery',
    'RateDelivery',
    'ReadmitRobot',
    'RefuseDelivery',
    'ReleaseLift',
    'RequestDelivery',
    'RescueParcel',
    'ResumeFleet',
    'ResumeRobot',
    'SignCleaning',
    'SignDelivery',
    'SwapMap',
    'TakeByHand',
]
EVENTS = [
    'AlertAcknowledged',
    'AlertCleared',
    'AlertRaised',
    'CollectionReminded',
    'CompartmentOpened',
    'DeliveryArchived',
    'DeliveryCancelled',
    'DeliveryClosed',
    'DeliveryExpired',
    'DeliveryRated',
    'DeliveryReceived',
    'DeliveryRequested',
    'FleetPaused',
    'FleetResumed',
    'FollowUpNoted',
    'HopsReleased',
    'LegPlanned',
    'LegsReplanned',
    'LiftRecalled',
    'LiftReleased',
    'LiftSessionAdvanced',
    'LiftSessionEnded',
    'LiftSessionStarted',
    'ManagerStarted',
    'MapSwapAsked',
    'MapSwapCancelled',
    'MapSwapRefused',
    'MapSwapped',
    'NodeReached',
    'OpeningAuthorised',
    'OpeningExpired',
    'OpeningUnused',
    'ParcelGivenBack',
    'ParcelLoaded',
    'ParcelRescued',
    'ParcelReturned',
    'ParcelStored',
    'ParcelTaken',
    'ParcelTurnedBack',
    'PlaceClosed',
    'PlaceOpened',
    'PorterAsked',
    'PorterTook',
    'ReceiptPutOff',
    'RescueAsked',
    'RescueCalledOff',
    'RetentionApplied',
    'RobotArrived',
    'RobotCalled',
    'RobotCleaned',
    'RobotExcluded',
    'RobotPaused',
    'RobotPlaced',
    'RobotReadmitted',
    'RobotResumed',
    'RobotSentAway',
    'RobotSoiled',
    'RunAssigned',
    'RunReordered',
    'RunWithdrawn',
    'TemperatureNoted',
]
#: Name, type, reliable, kept for late joiners, depth.
TOPICS = [
    ('/clock', 'rosgraph_msgs/msg/Clock', False, False, 1),
    ('door_requests', 'hospital_fleet_msgs/msg/DoorRequest', True, False, 100),
    ('door_states', 'hospital_fleet_msgs/msg/DoorState', True, False, 100),
    ('doors/{id}/command', 'std_msgs/msg/Float64', True, True, 1),
    ('doors/{id}/sensors', 'std_msgs/msg/Float64MultiArray', True, True, 1),
    ('hospital_map', 'std_msgs/msg/String', True, True, 1),
    ('lift_requests', 'hospital_fleet_msgs/msg/LiftRequest', True, False, 100),
    ('lift_states', 'hospital_fleet_msgs/msg/LiftState', True, False, 100),
    ('lifts/{id}/command', 'std_msgs/msg/Float64MultiArray', True, True, 1),
    ('lifts/{id}/sensors', 'std_msgs/msg/Float64MultiArray', True, True, 1),
    ('robots/{id}/cmd_vel', 'geometry_msgs/msg/Twist', False, False, 1),
    ('robots/{id}/instant_action', 'hospital_fleet_msgs/msg/InstantAction', True, False, 10),
    ('robots/{id}/localisation', 'geometry_msgs/msg/PoseStamped', False, False, 1),
    ('robots/{id}/odom', 'nav_msgs/msg/Odometry', False, False, 5),
    ('robots/{id}/order', 'hospital_fleet_msgs/msg/Order', True, True, 1),
    ('robots/{id}/pose', 'geometry_msgs/msg/PoseStamped', False, False, 1),
    ('robots/{id}/scan', 'sensor_msgs/msg/LaserScan', False, False, 1),
    ('robots/{id}/state', 'hospital_fleet_msgs/msg/RobotState', True, True, 1),
    ('world/violations', 'std_msgs/msg/String', True, True, 1),
    ('world/walk', 'std_msgs/msg/String', True, False, 10),
]


def commands(group: Any, words: str = '') -> list[str]:
    found: list[str] = []
    for name, command in group.commands.items():
        inner = isinstance(command, typer.core.TyperGroup)
        found += commands(command, f'{words}{name} ') if inner else [words + name]
    return found


def names(union: Any) -> list[str]:
    return sorted(one.__name__ for one in get_args(union))


def test_the_command_line_has_these_commands() -> None:
    assert sorted(commands(typer.main.get_command(fleet))) == COMMANDS


def test_a_manager_has_these_settings() -> None:
    assert sorted(Settings.model_fields) == SETTINGS


@pytest.mark.thorough
def test_a_manager_answers_these_routes(tmp_path: Path) -> None:
    manager = compose(Settings(state_dir=tmp_path, ros=False))
    try:
        assert routes_of(manager.app) == ROUTES
    finally:
        manager.runner._store.close()
        manager.close()


def test_each_route_that_changes_something_has_a_word_on_the_audit_list() -> None:
    deeds = {route: deed_of(route, access) for route, access in ACCESS.items()}
    assert {route: deed for route, deed in deeds.items() if deed not in (None, *all_deeds())} == {}


def test_people_can_say_this() -> None:
    assert names(messages.Command) == COMMANDS_OF_PEOPLE


def test_the_journal_knows_these_events() -> None:
    assert names(messages.Event) == EVENTS


def test_robots_lifts_doors_and_the_world_use_these_topics() -> None:
    topics = [(t.name, t.kind, t.reliable, t.latched, t.depth) for t in robots.TABLE]
    assert sorted(topics) == TOPICS


def test_the_manager_uses_the_same_names_types_and_qos_as_the_devices() -> None:
    pytest.importorskip('rclpy')
    with warnings.catch_warnings():
        # Its parser uses a module Python calls deprecated; messages load it when first used.
        warnings.simplefilter('ignore')
        import_module('rosidl_generator_py')
        from fleet_manager.adapters.ros import qos as manager
    ours = {}
    for topic in (*manager.HEARD, *manager.SAID):
        package = topic.type.__module__.partition('.')[0]
        kind = f'{package}/msg/{topic.type.__name__}'
        name = topic.name.replace('{robot}', '{id}')
        ours[name] = (kind, topic.reliable, topic.transient_local, topic.depth)
    theirs = {t.name: (t.kind, t.reliable, t.latched, t.depth) for t in robots.TABLE}
    assert ours == {name: theirs[name] for name in ours}
    assert len(ours) == len(manager.HEARD) + len(manager.SAID)


@pytest.mark.parametrize('robot', ['r1', 'R7', 'ward_bot_2'])
def test_manager_and_robots_write_a_ros_name_the_same_way(robot: str) -> None:
    pytest.importorskip('rclpy')
    from fleet_manager.adapters.ros import qos as manager
    from fleet_manager.domain.ids import RobotId

    assert manager.ORDER.of(RobotId(robot)) == robots.ORDER.of(robot)
