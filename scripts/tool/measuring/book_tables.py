# What the book quotes of the programs beside `bench`'s tables: single lines, and what the Python
# twins print. `bench --book` measures it, too.
#
# SPDX-License-Identifier: MIT
from __future__ import annotations

from tool.measuring.bench_tables import SPEED_UP, TIME, Column, Measurement, Table

WORKERS = (Column("1 worker", "ms", printed=True), Column("5 workers", "ms", printed=True))


def one_line(title: str, line: str, *columns: Column) -> Table:
    return Table(title, "", 1, columns, line=line)


BESIDE_PYTHON = (
    Measurement(
        "ex05_naive_server",
        (),
        (
            one_line("the first of two clients", "after # ms: <6, took # ms>",
                     Column("waited", "ms"), Column("work", "ms")),
            one_line("the second of two clients", "after # ms: <7, took # ms>",
                     Column("waited", "ms"), Column("work", "ms")),
        ),
    ),
    Measurement(
        "ex08_gevent_client",
        (),
        (
            one_line("one request", "1 at once, # ms in all", Column("time", "ms")),
            one_line("three requests", "3 at once, # ms in all", Column("time", "ms")),
        ),
    ),
    Measurement(
        "ex10_gevent_server",
        (),
        (
            one_line("idle connections", "900 idle connections: # KiB resident each",
                     Column("memory", "KiB")),
            one_line("clients at once",
                     "1000 clients at once: 1000 different numbers in # ms, 1 thread",
                     Column("time", "ms")),
            one_line("the longest request alone", "# ms alone", Column("time", "ms")),
            one_line("the longest request beside a silent client",
                     "# ms beside a client that says nothing", Column("time", "ms")),
            one_line("the longest request beside a computing handler",
                     "# ms beside a handler that computes for 1 s", Column("time", "ms")),
            one_line("waiting 1 ms between read and write", "sleep(1ms) # different numbers",
                     Column("different numbers")),
        ),
    ),
    Measurement(
        "ex11_greenlet",
        (),
        (
            one_line("greenlets", "10000 greenlets: spawned in # ms, ended in # ms, # KiB each",
                     Column("spawned", "ms"), Column("ended", "ms"), Column("memory", "KiB")),
        ),
    ),
    Measurement(
        "ex13_async_await",
        (),
        (
            one_line("memory", "memory: # KiB a client while all are in, both ends included",
                     Column("a client", "KiB")),
            one_line("time", "time: # us a client without work, both ends included",
                     Column("a client", "us")),
        ),
    ),
    Measurement(
        "ex14_thredo",
        (),
        (one_line("the primes below 100000", "done after # s with 2 tasks", Column("time", "s")),),
    ),
)

OF_THE_TWINS = (
    Measurement(
        "ex01_threads",
        ("20000", "1", "2", "5"),
        (
            Table("in Python, primes below 20000", "threads time speed-up primes", 3,
                  (TIME, SPEED_UP, Column("primes"))),
        ),
        python=True,
    ),
    Measurement(
        "ex02_dummy_pool",
        ("20000", "1", "5"),
        (
            Table("in Python, primes below 20000, and as many empty tasks", "workers 1 5", 3,
                  WORKERS),
        ),
        python=True,
    ),
    Measurement(
        "ex03_process_pool",
        ("20000", "5"),
        (
            Table("in Python, primes below 20000", "1 worker 5 workers speed-up an empty task", 3,
                  (*WORKERS, SPEED_UP, Column("an empty task", "us", printed=True))),
        ),
        python=True,
    ),
    Measurement(
        "ex03_process_pool",
        ("--sizes", "2"),
        (
            Table("in Python, tasks of several sizes, 2 workers", "alone dummy.Pool Pool", 7,
                  (Column("alone", "us"), Column("dummy.Pool", "us"),
                   Column("dummy.Pool, speed-up"), Column("Pool", "us"), Column("Pool, speed-up")),
                  labels=("1 us", "10 us", "30 us", "100 us", "300 us", "1 ms", "10 ms")),
        ),
        python=True,
    ),
    Measurement(
        "ex04_gil",
        (),
        (
            Table("in Python, n += 1 in each thread", "expected n lost", 2,
                  (Column("expected"), Column("n"), Column("lost", "%", printed=True))),
            Table("in Python, the same work by 1 and by 5 threads",
                  "1 thread 5 threads speed-up", 2,
                  (Column("1 thread", "ms"), Column("5 threads", "ms"), SPEED_UP)),
            Table("in Python, latency of a request of one byte", "min median p99 max", 2,
                  (Column("min", "us"), Column("median", "us"), Column("p99", "us"),
                   Column("max", "us"))),
        ),
        python=True,
    ),
    Measurement(
        "ex07_locked_server",
        (),
        (
            Table("in Python, 1 ms of work for each client",
                  "times in ms replies per s min median p99 max", 6,
                  (Column("replies"), Column("per s"), Column("min", "ms"),
                   Column("median", "ms"), Column("p99", "ms"), Column("max", "ms")),
                  in_prose=True),
        ),
        python=True,
    ),
    Measurement(
        "ex13_async_await",
        (),
        (
            one_line("in Python, safe",
                     "safe 1000 clients at once: "
                     "1000 different numbers, 0 updates lost, # us a client",
                     Column("a client", "us")),
            one_line("in Python, racy",
                     "racy 1000 clients at once: "
                     "1 different numbers, 999 updates lost, # us a client",
                     Column("a client", "us")),
        ),
        python=True,
    ),
)

BOOK_MEASUREMENTS = (*BESIDE_PYTHON, *OF_THE_TWINS)
