"""What the scripts of all peers share: options, the environment they start in, timing, and the JSON line they print."""
import argparse
import json
import os
import pathlib
import statistics
import sys
import time

import workloads

BATCHES = 4  # lie ready in memory and are fed in turn
WARM_UP_STEPS = 4
LEAST_STEPS = 3
# glibc maps and unmaps large blocks at each use; these keep them, which spares the page faults.
TUNED_MALLOC = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**34), "MALLOC_TOP_PAD_": str(2**28)}


def options(description, modes, names=workloads.WORKLOADS, flags=()):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", choices=names)
    parser.add_argument("--mode", choices=modes, default=modes[0])
    parser.add_argument("--malloc", choices=("default", "tuned"), default="default")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=6.0, help=f"of timed steps, at least {LEAST_STEPS} of them")
    parser.add_argument("--steps", type=int, default=0, help="only the first steps, this many, without a warm-up")
    for flag, arguments in flags:
        parser.add_argument(flag, **arguments)
    return parser.parse_args()


def start_in(options, **environment):
    """Threads and allocation are settled when a process starts: starts this one again where its environment is another."""
    threads = {f"{library}_NUM_THREADS": str(options.threads) for library in ("OMP", "MKL", "OPENBLAS")}
    wanted = {**threads, **environment, **(TUNED_MALLOC if options.malloc == "tuned" else {})}
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | wanted)


def timed(step, options, wait=lambda result: None):
    """Seconds of each step; those under a millisecond are timed by the hundred. wait(step(k)) returns when all is done."""
    def seconds_of(count, first):
        begin = time.perf_counter()
        for k in range(first, first + count):
            result = step(k)
        wait(result)
        return (time.perf_counter() - begin) / count

    if options.steps:
        return [seconds_of(1, k) for k in range(options.steps)]
    begin = time.perf_counter()
    for k in range(WARM_UP_STEPS):
        last = seconds_of(1, k)
        if k > 0 and time.perf_counter() - begin > options.seconds:
            break  # the first two compile and allocate; the rest only settle
    together = 100 if last < 1e-3 else 1
    times, begin = [], time.perf_counter()
    while len(times) < LEAST_STEPS or time.perf_counter() - begin < options.seconds:
        times.append(seconds_of(together, len(times) * together))
    return times


def peak_resident_mb():
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    raise SystemExit("/proc/self/status has no VmHWM")


def report(peer, version, options, batch, times, **more):
    median = statistics.median(times)
    print(json.dumps({
        "peer": peer, "version": version, "mode": options.mode + ("+malloc" if options.malloc == "tuned" else ""),
        "workload": options.workload, "threads": options.threads, "batch_size": batch, "timed": len(times),
        "ms": round(median * 1e3, 5), "ms_min": round(min(times) * 1e3, 5), "steps_per_second": round(1 / median, 3),
        "examples_per_second": round(batch / median, 1), "rss_mb": peak_resident_mb(), **more}), flush=True)
