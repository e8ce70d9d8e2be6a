"""A publisher that dies before each single thing it does to the disk."""

from pathlib import Path

import pytest

from tests.faults.conftest import Tell
from tests.publish.test_generations import kill_at_steps

pytestmark = pytest.mark.timeout(600)


def test_a_publisher_is_killed_at_every_step(tmp_path: Path, tell: Tell) -> None:
    tell(steps=kill_at_steps(tmp_path, 1))
