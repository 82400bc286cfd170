"""Lost, repeated and late reports never free a place and never make a robot move twice."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.domain.ids import RobotId, node_resource
from fleet_manager.domain.messages import LiftReport, RobotReport
from tests.application.stage import Stage
from tests.hospitals import loop, two_floors

R1 = RobotId('r1')


class Walk:
    """A robot that really drives along its order, and a network that does what it likes."""

    def __init__(self, stage: Stage, rng: Random) -> None:
        self.stage, self.rng = stage, rng
        self.said: list[RobotReport] = []
        self.node = stage.robot('r1').node
        self.sequence = 0

    def advance(self) -> None:
        """The robot drives to the next released node, and says so, once."""
        ahead = [n for n in self.stage.order('r1').nodes if n.sequence > self.sequence]
        if not ahead or not ahead[0].released:
            return
        self.node, self.sequence = ahead[0].node, ahead[0].sequence
        report = self.stage.reports[R1]
        place = self.stage.stand('r1', self.node)
        self.stage.reports[R1] = replace(
            report, **place, last_sequence=self.sequence, sequence=report.sequence + 1
        )
        self.said.append(self.stage.reports[R1])

    def deliver(self) -> None:
        """Any report said so far arrives now: the last one, an old one, one that came before."""
        if self.said and self.rng.random() < 0.7:
            self.stage.hear(self.rng.choice(self.said))

    def check(self) -> None:
        queue = self.stage.kernel.state.queues.get(node_resource(self.node), [])
        on_car = self.node.startswith('car.')
        assert on_car or queue[0].robot == 'r1', f'{self.node} was given away'
        assert self.stage.robot('r1').done <= self.sequence, 'it was believed to be farther'
        assert self.stage.robot('r1').excluded is None


@given(seed=st.integers(0, 10_000_000))
@settings(max_examples=60)
def test_no_order_of_arrival_frees_the_place_a_robot_stands_on(seed: int) -> None:
    rng = Random(seed)
    stage = Stage(loop(robots=2))
    stage.request('s5', 's3')
    stage.tick()
    stage.auto = False
    if stage.robot('r1').delivery is None:
        return
    walk = Walk(stage, rng)
    for _ in range(60):
        rng.choice([walk.advance, walk.deliver, walk.deliver, lambda: stage.tick(500)])()
        walk.check()


def test_the_walk_gets_somewhere() -> None:
    stage = Stage(loop(robots=1))
    stage.request('s5', 's3')
    stage.tick()
    stage.auto = False
    walk = Walk(stage, Random(1))
    for _ in range(30):
        walk.advance()
        stage.hear(walk.said[-1])
        stage.tick(500)
        walk.check()
    assert walk.node == 'F1.s5'


@given(seed=st.integers(0, 10_000_000))
@settings(max_examples=30)
def test_no_order_of_a_lifts_words_lets_a_robot_leave_before_it_arrived(seed: int) -> None:
    """The lift really boards on F1 and rides to F2; its words arrive in any order, repeated."""
    rng = Random(seed)
    stage = Stage(two_floors(robots=1))
    stage.request('ward', 'pharmacy')
    stage.tick()
    stage.until(lambda: stage.robot('r1').node == 'car.A')
    session = stage.riding().session
    said: list[LiftReport] = []
    for floor, moving, door in (
        ('F1', False, 'open'),
        ('F1', True, 'closed'),
        ('F2', True, 'closed'),
    ):
        report = stage.kernel.sensed.lifts['A'][0]  # type: ignore[index]
        said.append(
            replace(report, session=session, current_floor=floor, moving=moving, door=door)  # type: ignore[arg-type]
        )
    stage.auto = False
    for _ in range(20):
        stage.hear(rng.choice(said))
        stage.tick(500)
        assert stage.robot('r1').released == stage.robot('r1').done, 'nobody was let out'
    assert stage.kernel.state.sessions['A'].robot == 'r1'  # type: ignore[index]
