"""Runs a program in its own terminal, controlled by lines on standard input: `interrupt` types Ctrl-C, `type TEXT` types TEXT.

Usage: session.py COLUMNS ROWS PROGRAM [ARGUMENT ...]

Writes the terminal's output to standard output as JSON lines: {"output": TEXT}, and at the end {"status": N, "left": [PID, ...]}
with the processes of the terminal's session that outlived the program. Written in Python, because Node has no pseudo terminals.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios


def processes_of(session: int) -> list[int]:
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(name))
    return found


def tell(message: dict) -> None:
    print(json.dumps(message), flush=True)


columns, rows, *command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", int(rows), int(columns), 0, 0))
    os.execvp(command[0], command)

orders, pending = sys.stdin.fileno(), b""
inputs = [terminal, orders]
while terminal in inputs:
    ready, _, _ = select.select(inputs, [], [])
    if terminal in ready:
        try:
            shown = os.read(terminal, 65536)
        except OSError:
            shown = b""
        if shown:
            tell({"output": shown.decode("utf-8", "replace")})
        else:
            inputs.remove(terminal)
    if orders in ready:
        data = os.read(orders, 65536)
        if not data:
            inputs.remove(orders)
        *lines, pending = (pending + data).split(b"\n")
        for line in lines:
            word, _, text = line.partition(b" ")
            os.write(terminal, b"\x03" if word == b"interrupt" else text)
_, status = os.waitpid(child, 0)
tell({"status": os.waitstatus_to_exitcode(status), "left": processes_of(child)})
