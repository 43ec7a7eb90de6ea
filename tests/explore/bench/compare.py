#!/usr/bin/env python3
"""Runs two programs in turn and compares the median of their CPU time.

    compare.py [--pairs N] BIN/hooks_idle BIN/hooks_empty [-- ARGUMENT...]

In turn, because a shared machine drifts; CPU time, because others run on it.
"""
# SPDX-License-Identifier: MIT
from __future__ import annotations

import argparse
import os
import statistics
import subprocess


def cpu_seconds(command: list[str]) -> float:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=31, help="how many of each (default 31)")
    parser.add_argument("first")
    parser.add_argument("second")
    parser.add_argument("arguments", nargs="*")
    asked = parser.parse_args()
    times: dict[str, list[float]] = {asked.first: [], asked.second: []}
    ratios = []
    for _ in range(asked.pairs):
        for program in (asked.first, asked.second):
            times[program].append(cpu_seconds([program, *asked.arguments]))
        ratios.append(times[asked.first][-1] / times[asked.second][-1])
    for program, measured in times.items():
        print(f"{statistics.median(measured) * 1000:8.1f} ms CPU  {program}")
    print(f"{statistics.median(ratios):8.3f} median ratio of {asked.pairs} pairs")


if __name__ == "__main__":
    main()
