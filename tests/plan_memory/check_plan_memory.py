#!/usr/bin/env python3
"""Compares peak resident memory with what plans predict.

    check_plan_memory.py PLAN_MEMORY          workloads of `sloy bench`, 50 random networks,
                                              and whole fits of the workloads
    check_plan_memory.py PLAN_MEMORY --all    large workloads too, to 2.5 GB

One process compiles each program and predicts, as `sloy plan` does: what it has resident itself by
then, and what the plan adds. Another runs the program. A program passes when it peaks within 10 % of
what was predicted and when its arena and its state are blocks of exactly the planned bytes. Exit
status 1 where one does not.
"""

import json
import subprocess
import sys

BATCHES = {"W1": (128, 1024), "W2": (32, 1000), "W3": (128, 512), "W4": (16, 64), "W7": (128, 512),
           "W9": (64, 512)}
LARGE = {"W5": (8, 32), "W6a": (8, 32), "W6b": (2, 8)}
FITS = {"W1": 128, "W2": 32, "W3": 128, "W4": 32, "W7": 128, "W9": 256}
RANDOM_BATCHES = (32, 1024, 16384)
ALLOWED = 0.1


def measure(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], text=True, check=True,
                          stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def main():
    program, everything = sys.argv[1], sys.argv[2:] == ["--all"]
    workloads = BATCHES | LARGE if everything else BATCHES
    cases = [("workload", name, batch) for name in workloads for batch in workloads[name]]
    cases += [("random", seed, RANDOM_BATCHES[seed % len(RANDOM_BATCHES)]) for seed in range(50)]
    cases += [("fit", name, batch) for name, batch in FITS.items()]
    print(f"{'program':24}{'planned':>10}{'predicted':>11}{'peak':>9}   MB")
    failed, worst = 0, 0.0
    for case in cases:
        plan, run = measure(program, "plan", *case), measure(program, "run", *case)
        off = run["peak"] / plan["peak"] - 1
        exact = run.get("arena_as_planned", True) and run.get("state_as_planned", True)
        passes = exact and abs(off) <= ALLOWED
        failed += not passes
        worst = max(worst, abs(off))
        print(f"{plan['name']:24}{plan['total'] / 1e6:10.1f}{plan['peak'] / 1e6:11.1f}"
              f"{run['peak'] / 1e6:9.1f} {100 * off:+5.1f} %"
              f"{'' if passes else '  FAILED'}{'' if exact else ', not the planned blocks'}",
              flush=True)
    print(f"figure: peak memory differs from what was planned by {100 * worst:.1f} % at most "
          f"({len(cases)} programs)")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
