"""Start a door from a process that has imported the guard and its libraries already.

    python -I -S tests/warm.py SOCKET tests/hurry.py respond .

Most of what a short run of the guard costs is importing boto3. Here each run is a process of its
own all the same, forked by `hurry.py` from one that has got so far. It has the streams, the folder
and the environment of this one, which ends as it ends. It is no child of this one, so what is to be
killed is better started cold.
"""

from __future__ import annotations

import _socket
import marshal
import os
import sys


def _lead(path: str, cold: str, words: list[str]) -> None:
    """Have the words be run, and end as that run ends.

    To import `socket` and `json` would take longer than all the rest.
    """
    door = _socket.socket(_socket.AF_UNIX)
    door.connect(path)
    sent = (0, 1, 2, os.open(".", os.O_RDONLY))
    data = b"".join(each.to_bytes(4, sys.byteorder) for each in sent)
    door.sendmsg([b"\0"], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, data)])
    door.sendall(marshal.dumps((words, dict(os.environ))))
    door.shutdown(_socket.SHUT_WR)
    code = door.recv(16)
    door.close()
    if not code:
        # It differs in what Python reads only where it starts.
        os.execv(sys.executable, [sys.executable, "-I", cold, *words])  # noqa: S606
    if int(code) < 0:
        os.kill(os.getpid(), -int(code))
    os._exit(int(code))


if __name__ == "__main__":
    _lead(sys.argv[1], sys.argv[2], sys.argv[3:])
