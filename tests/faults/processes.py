"""Running processes and their open files from /proc: a folder is checked and removed only when no process uses it."""

import contextlib
import os
import signal
import time

GRACE = 5  # seconds; on a loaded machine a killed process needs a moment to end


def left_of(group):
    """Kills and returns the processes that remain in a group after its leader ended and a grace period."""
    until = time.monotonic() + GRACE
    while left := [about(pid) for pid in numbers() if group_of(pid) == group]:
        if time.monotonic() > until:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
            return left
        time.sleep(0.01)
    return []


def holding(folder):
    """Returns the processes, including this one, with an open file below this folder."""
    found = []
    for pid in numbers():
        files = sorted({name for name in files_of(pid) if name.startswith(os.path.join(os.path.realpath(folder), ""))})
        if files:
            found.append(f"{about(pid)} has {', '.join(files[:4])}")
    return found


def numbers():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def group_of(pid):
    """Returns whether a process is more than a zombie."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            state, _, group = stat.read().rpartition(")")[2].split()[:3]
    except OSError:
        return None
    return None if state in "ZX" else int(group)


def files_of(pid):
    folder = f"/proc/{pid}/fd"
    try:
        links = os.listdir(folder)
    except OSError:
        return
    for link in links:
        try:
            yield os.readlink(os.path.join(folder, link))
        except OSError:
            pass


def about(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as words:
            return f"{pid} {words.read().replace(bytes(1), b' ').decode(errors='replace').strip()}"
    except OSError:
        return str(pid)
