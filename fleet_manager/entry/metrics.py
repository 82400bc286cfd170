"""Figures for Prometheus, in a registry of their own."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_FAST = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)


class Metrics:
    """What the manager measures about itself and the fleet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.messages = Counter(
            'fleet_messages', 'Commands and reports handled.', registry=self.registry
        )
        self.events = Counter('fleet_events', 'Events journaled.', registry=self.registry)
        self.tick_seconds = Histogram(
            'fleet_tick_seconds', 'Time of a decision.', buckets=_FAST, registry=self.registry
        )
        self.commit_seconds = Histogram(
            'fleet_commit_seconds', 'Time of a commit.', buckets=_FAST, registry=self.registry
        )
        self._deliveries = self._gauge('fleet_deliveries', 'Deliveries by state.', 'state')
        self._robots = self._gauge('fleet_robots', 'Robots by state.', 'state')
        self._alerts = self._gauge('fleet_alerts', 'Open alerts by code.', 'code')
        self._closures = self._gauge('fleet_closures', 'Closed places by kind.', 'kind')
        self._rides = self._gauge(
            'fleet_lift_rides', 'Rides robots asked for, by how they ended.', 'outcome'
        )
        self._replans = Gauge(
            'fleet_replans', 'Plans taken back for others on the way.', registry=self.registry
        )
        self._waiting = Gauge(
            'fleet_mailbox_commands', 'Commands that wait.', registry=self.registry
        )

        self.webhook_posts = Counter(
            'fleet_webhook_posts', 'Events sent, by outcome.', ['outcome'], registry=self.registry
        )
        self.webhooks_paused = Gauge(
            'fleet_webhooks_paused', 'Receivers nothing is sent to.', registry=self.registry
        )

    def see(
        self, entities: Mapping[str, Mapping[str, Mapping[str, Any]]], *, waiting: int
    ) -> None:
        """Count the entities of a picture."""
        self._count(self._deliveries, (e['state'] for e in entities['delivery'].values()))
        self._count(self._robots, (e['state'] for e in entities['robot'].values()))
        self._count(self._alerts, (e['code'] for e in entities['alert'].values()))
        self._count(self._closures, (e['kind'] for e in entities['closure'].values()))
        for outcome, count in entities['fleet']['fleet']['lift_outcomes'].items():
            self._rides.labels(outcome).set(count)
        self._replans.set(sum(e['replans'] for e in entities['robot'].values()))
        self._waiting.set(waiting)

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)

    def _gauge(self, name: str, text: str, label: str) -> Gauge:
        return Gauge(name, text, [label], registry=self.registry)

    @staticmethod
    def _count(gauge: Gauge, values: Any) -> None:
        gauge.clear()
        for value, count in sorted(Tally(values).items()):
            gauge.labels(value).set(count)
