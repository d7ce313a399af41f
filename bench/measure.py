"""measure.py - run one command and say what it cost; used by the other Python programs of this folder."""
import os
import subprocess
import time


class Cost:
    """wall_s, cpu_s (with all its children that it waited for), peak_mib (of its largest process)"""

    def __init__(self, status, wall_s, usage):
        self.status = status
        self.wall_s = wall_s
        self.cpu_s = usage.ru_utime + usage.ru_stime
        self.peak_mib = usage.ru_maxrss / 1024


def run(argv, stdout=subprocess.DEVNULL, limit_s=0, env=None, stderr=subprocess.DEVNULL):
    """Run argv to its end, or kill its process group after limit_s seconds (0: none); status -9 then."""
    begin = time.monotonic()
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
                             start_new_session=True, env=env)
    while True:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG if limit_s else 0)
        if pid:
            break
        if time.monotonic() - begin > limit_s:
            os.killpg(child.pid, 9)
            limit_s = 0
        time.sleep(0.01)
    child.returncode = os.waitstatus_to_exitcode(status)
    return Cost(child.returncode, time.monotonic() - begin, usage)


def median(values):
    """The middle one; of an even number the lower middle, so that it is a value that was measured."""
    return sorted(values)[(len(values) - 1) // 2]
