"""`psysafe` kept warm, so that the pages' many commands do not each import it anew.

A command of a page starts here as a fork of a process that has imported everything: the same
program with the caller's own folder, environment, input, output and exit code. `SHIM` is what
stands as `psysafe` in the path; it passes its three streams over and waits for the exit code.

    python psysafe_at_hand.py FOLDER    writes FOLDER/psysafe, says "ready", serves until ended
"""

from __future__ import annotations

import json
import os
import socket
import sys
import traceback
from importlib import import_module
from pathlib import Path

SHIM = """#!{python} -ISXutf8
import json, os, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect({place!r})
told = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(line, [len(told).to_bytes(8, "big")], [0, 1, 2])
line.sendall(told)
sys.exit(int.from_bytes(line.recv(1), "big"))
"""


def serve(folder: Path) -> None:
    """Answer each call by a fork, one after the other, until this process is ended."""
    from psysafe.cli import COMMANDS

    for room, _ in COMMANDS.values():
        import_module(f"psysafe.cli.{room}")
    place, shim = str(folder / "line"), folder / "psysafe"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place)
        listener.listen()
        shim.write_text(SHIM.format(python=sys.executable, place=place), encoding="utf-8")
        shim.chmod(0o700)
        print("ready", flush=True)
        while True:
            line, _ = listener.accept()
            with line:
                size, streams, _, _ = socket.recv_fds(line, 8, 3)
                told = b""
                while len(told) < int.from_bytes(size, "big"):
                    told += line.recv(65536)
                child = os.fork()
                if child == 0:
                    _run(streams, *json.loads(told))
                for stream in streams:
                    os.close(stream)
                _, status = os.waitpid(child, 0)
                line.sendall(os.waitstatus_to_exitcode(status).to_bytes(1, "big"))


def _run(streams: list[int], words: list[str], folder: str, environment: dict[str, str]) -> None:
    """The command itself, in the fork; it does not come back."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    # New ones: the old ones remember what sort of file stood behind their number.
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    code = 1
    try:
        from psysafe.cli import main

        main(words, prog_name="psysafe")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
