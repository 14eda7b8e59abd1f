#!/usr/bin/env python3
"""How fast this machine is at this moment: GFLOP/s of a float32 matrix product on all threads, over half a second."""
import os
import sys
import time

THREADS = sys.argv[1] if len(sys.argv) > 1 else "2"
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = THREADS

import numpy as np  # noqa: E402

N = 768
a, b = (np.random.default_rng(seed).random((N, N), dtype=np.float32) for seed in (1, 2))
c = np.empty_like(a)
for _ in range(5):
    np.matmul(a, b, out=c)
products, start = 0, time.perf_counter()
while time.perf_counter() - start < 0.5:
    np.matmul(a, b, out=c)
    products += 1
print(round(2e-9 * N**3 * products / (time.perf_counter() - start), 1))
