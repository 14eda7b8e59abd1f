#!/usr/bin/env python3
"""Compares peak resident memory with what plans predict, each program in a process of its own.

    check_plan_memory.py PLAN_MEMORY          workloads of `sloy bench`, 50 random networks
    check_plan_memory.py PLAN_MEMORY --all    large workloads too, to 2.5 GB

Predicted is the plan's total and a fixed base for the process, its libraries and oneDNN's own code:
the mean of two networks that are not among those checked. A program passes when it peaks within
10 % of what is predicted, or within 8 MB where that is more, and when its arena and its state are
blocks of exactly the planned bytes. Exit status 1 where one does not.
"""

import json
import subprocess
import sys

BATCHES = {"W1": (128, 1024), "W2": (32, 1000), "W3": (128, 512), "W4": (16, 64), "W7": (128, 512),
           "W9": (64, 512)}
LARGE = {"W5": (8, 32), "W6a": (8, 32), "W6b": (2, 8)}
RANDOM_BYTES = 100_000_000
ALLOWED_SHARE = 0.1
ALLOWED_BYTES = 8_000_000


def measure(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], text=True, check=True,
                          stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def main():
    program, everything = sys.argv[1], sys.argv[2:] == ["--all"]
    bases = [measure(program, "base", layers) for layers in ("dense", "all")]
    base = sum(b["resident"] - b["total"] for b in bases) / len(bases)
    print(f"base {base / 1e6:.1f} MB")

    workloads = BATCHES | LARGE if everything else BATCHES
    cases = [("workload", name, batch) for name in workloads for batch in workloads[name]]
    cases += [("random", seed, RANDOM_BYTES) for seed in range(50)]
    print(f"{'program':24}{'planned':>10}{'predicted':>11}{'peak':>9}   MB")
    failed, worst = 0, 0.0
    for case in cases:
        found = measure(program, *case)
        predicted, peak = base + found["total"], found["resident"]
        allowed = max(ALLOWED_SHARE * predicted, ALLOWED_BYTES)
        exact = found["arena_as_planned"] and found["state_as_planned"]
        passes = exact and abs(peak - predicted) <= allowed
        failed += not passes
        if predicted * ALLOWED_SHARE > ALLOWED_BYTES:
            worst = max(worst, abs(peak - predicted) / predicted)
        print(f"{found['name']:24}{found['total'] / 1e6:10.1f}{predicted / 1e6:11.1f}"
              f"{peak / 1e6:9.1f} {100 * (peak / predicted - 1):+5.1f} %"
              f"{'' if passes else '  FAILED'}{'' if exact else ', not the planned blocks'}",
              flush=True)
    print(f"figure: peak memory differs from the plan's by {100 * worst:.1f} % at most "
          f"({len(cases)} programs, of those above {ALLOWED_BYTES / ALLOWED_SHARE / 1e6:.0f} MB)")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
