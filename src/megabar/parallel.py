"""Independent work spread over processes."""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""What tells the libraries of linear algebra how many threads to use."""


class Each(Protocol):
    """Like `map`: the function's answer for each task, in the order of the tasks.

    `lost` gives the answer for a task whose process ended before its work was done, for want of memory perhaps;
    without it BrokenExecutor is raised.
    """

    def __call__(
        self, function: Callable[[T], R], tasks: Sequence[T], lost: Callable[[T], R] | None = None, /
    ) -> Iterator[R]: ...


def here(function: Callable[[T], R], tasks: Sequence[T], _lost: Callable[[T], R] | None = None, /) -> Iterator[R]:
    """One task after the other, in this process."""
    return map(function, tasks)


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def processes(count: int) -> Iterator[Each]:
    """An `Each` on `count` processes; with one the work is done here.

    The work begins with the call. Functions, tasks and answers must be picklable. An exception of the function is
    raised where its answer is taken. One process that ends too early takes the others with it, so what was not done
    then is done alone, each task in a process of its own.
    """
    if count <= 1:
        yield here
        return
    with futures.ProcessPoolExecutor(count, initializer=_begin) as pool:
        try:
            yield partial(_spread, pool)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _spread(
    pool: futures.ProcessPoolExecutor,
    function: Callable[[T], R],
    tasks: Sequence[T],
    lost: Callable[[T], R] | None = None,
    /,
) -> Iterator[R]:
    # The work begins now, not when the first answer is asked for.
    submitted = [_submitted(pool, function, task) for task in tasks]

    def answer(future: futures.Future[bytes], task: T) -> R:
        try:
            packed = future.result()
        except futures.BrokenExecutor:
            return _alone(function, task, lost)
        arrived: R = pickle.loads(packed)
        return arrived

    return map(answer, submitted, tasks)


def _submitted(pool: futures.ProcessPoolExecutor, function: Callable[[T], R], task: T) -> futures.Future[bytes]:
    try:
        return pool.submit(_packed, function, task)
    except futures.BrokenExecutor as error:
        broken: futures.Future[bytes] = futures.Future()
        broken.set_exception(error)
        return broken


def _alone(function: Callable[[T], R], task: T, lost: Callable[[T], R] | None) -> R:
    try:
        with futures.ProcessPoolExecutor(1, initializer=_begin) as pool:
            answer: R = pickle.loads(pool.submit(_packed, function, task).result())
            return answer
    except futures.BrokenExecutor:
        if lost is None:
            raise
        return lost(task)


def _packed(function: Callable[[T], Any], task: T) -> bytes:
    """The answer as bytes: with this protocol a read-only array arrives as one."""
    return pickle.dumps(function(task), protocol=5)


def _begin() -> None:
    """One thread of linear algebra a process; Ctrl-C ends it without a word."""
    for name in THREADS:
        os.environ[name] = "1"
    signal.signal(signal.SIGINT, signal.SIG_DFL)
