"""measure.py - run one command and say what it cost; used by the other Python programs of this folder."""
import os
import subprocess
import threading
import time

SAMPLE_S = 0.2


class Cost:
    """status: exit code, or minus the signal; wall_s; cpu_s with all children that were waited for;
    peak_mib of its largest process, mapped files and all; own_mib: what all its processes together held
    at most that is not a mapped file, sampled every 200 ms, so a short peak can be missed"""

    def __init__(self, status, wall_s, usage, own_mib):
        self.status = status
        self.wall_s = wall_s
        self.cpu_s = usage.ru_utime + usage.ru_stime
        self.peak_mib = usage.ru_maxrss / 1024
        self.own_mib = own_mib


def session_processes(session):
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if os.getsid(int(name)) == session:
                    yield name
            except OSError:
                pass  # it has ended


def own_kib(process):
    total = 0
    try:
        with open("/proc/%s/status" % process, encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith(("RssAnon:", "RssShmem:")):
                    total += int(line.split()[1])
    except OSError:
        pass
    return total


def watch(session, stop, peak):
    while not stop.wait(SAMPLE_S):
        peak[0] = max(peak[0], sum(own_kib(process) for process in session_processes(session)))


def run(argv, stdout=subprocess.DEVNULL, limit_s=0, env=None):
    """Run argv to its end, or kill its process group after limit_s seconds (0: none); status -9 then."""
    begin = time.monotonic()
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.DEVNULL,
                             start_new_session=True, env=env)
    stop, peak = threading.Event(), [0]
    watcher = threading.Thread(target=watch, args=(child.pid, stop, peak), daemon=True)
    watcher.start()
    while True:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG if limit_s else 0)
        if pid:
            break
        if time.monotonic() - begin > limit_s:
            os.killpg(child.pid, 9)
            limit_s = 0
        time.sleep(0.01)
    wall_s = time.monotonic() - begin
    stop.set()
    watcher.join()
    child.returncode = os.waitstatus_to_exitcode(status)
    return Cost(child.returncode, wall_s, usage, peak[0] / 1024)


def median(values):
    """The middle one; of an even number the lower middle, so that it is a value that was measured."""
    return sorted(values)[(len(values) - 1) // 2]
