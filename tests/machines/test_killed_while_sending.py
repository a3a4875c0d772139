"""A program that is killed after the request left and before its result was kept: nothing is lost.

The program is a process of its own and dies by SIGKILL; the provider is a real server that does the
killing, before or after it has taken the message. What is left behind is only what was durable.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "machines"))
from test_delivery_faults import Bell, BellServer, TracedBell, attempts, rings

from psysafe.engine.tick import LEASE
from psysafe.engine.verify import verify
from psysafe.testing.channel_contract import Taken
from psysafe.testing.providers import Called
from psysafe.testing.queueing import queue
from psysafe.testing.schools import InventedSchool, open_school

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")

WORKER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_delivery_faults import Bell, TracedBell, rings
from psysafe.testing.schools import open_school

class Server:
    base = sys.argv[3]

bell = {"plain": Bell, "traced": TracedBell}[sys.argv[4]](Server())
with open_school(Path(sys.argv[2]), storage="sqlite", channels={"mail": rings(bell)}) as school:
    print("ready", flush=True)
    sys.stdin.readline()
    school.net.tick()
    print("alive", flush=True)
"""


class Deadly(BellServer):
    """Kills whoever asks, once: before it takes the message, or after."""

    def __init__(self) -> None:
        super().__init__()
        self.victim = 0
        self.first = True

    def read(self, call: Called) -> Taken | None:
        victim, self.victim = self.victim, 0
        if victim and self.first:
            _kill(victim)
            return None
        taken = super().read(call)
        if victim:
            _kill(victim)
        return taken


def _kill(victim: int) -> None:
    os.kill(victim, signal.SIGKILL)
    with suppress(ChildProcessError):  # whoever started it may have noticed first
        os.waitid(os.P_PID, victim, os.WEXITED | os.WNOWAIT)


@pytest.fixture
def server() -> Iterator[Deadly]:
    made = Deadly()
    yield made
    made.stop()


def killed(folder: Path, server: Deadly, how: str) -> None:
    """A worker of the school is started, and dies while its request is under way."""
    machines = str(Path(__file__).resolve().parent)
    source = str(Path(__file__).resolve().parents[2] / "src")
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, machines, str(folder), server.base, how],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([source, *sys.path])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with worker:
        assert worker.stdout is not None
        assert worker.stdin is not None
        assert worker.stdout.readline() == "ready\n"
        server.victim = worker.pid
        worker.stdin.write("go\n")
        worker.stdin.flush()
        assert worker.stdout.readline() == "", "it was to die and has not"
    assert worker.returncode == -signal.SIGKILL


def after(folder: Path, server: Deadly, how: str) -> InventedSchool:
    """The school as the next worker finds it, once the dead one's lease has ended."""
    bell = {"plain": Bell, "traced": TracedBell}[how](server)
    school = open_school(folder, storage="sqlite", channels={"mail": rings(bell)})
    assert school.tick().sent == 0, "its lease has not ended"
    school.tick(seconds=LEASE.total_seconds())
    return school


@pytest.mark.parametrize("how", ["plain", "traced"])
@pytest.mark.parametrize("first", [True, False], ids=["before it was taken", "after"])
def test_what_a_killed_worker_had_under_way_goes_out_under_its_own_key_and_never_as_another(
    tmp_path: Path, server: Deadly, how: str, first: bool
) -> None:
    server.first = first
    folder = tmp_path / "s"
    with open_school(folder, storage="sqlite", channels={"mail": rings(Bell(server))}) as school:
        queue(school, 1)
    killed(folder, server, how)
    with after(folder, server, how) as school:
        keys = [one.key for one in server.taken()]
        twice = how == "plain" and not first  # nobody can be asked, so it is said once more
        assert len(keys) == 1 + twice
        assert len(set(keys)) == 1
        results = [result for result, _ in attempts(school)]
        assert results == ["lost", "accepted"]
        school.tick(hours=1)
        assert len(server.taken()) == len(keys)
        assert verify(school.school).ok
