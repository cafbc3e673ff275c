"""Work on several processes: the same answers, in order, and nothing lost with a process that ends."""

import os
import pickle
from types import MappingProxyType

import numpy as np
import pytest

from megabar.data import Trace
from megabar.errors import DataError
from megabar.frozen import freeze
from megabar.parallel import cores, here, processes


def squared(x):
    return x * x


def numbered(x):
    return x, os.getpid()


def refused(x):
    if x == 1:
        raise DataError("one is refused")
    return x


def ended(x):
    """Dies on 1 wherever it runs."""
    if x == 1:
        os._exit(3)
    return x


def as_lost(x):
    return f"lost {x}"


def a_trace(x):
    return Trace("made up", "data", np.arange(float(x)), y=np.arange(float(x)))


@pytest.mark.parametrize("count", [1, 2])
def test_answers_come_in_the_order_of_the_tasks(count):
    with processes(count) as each:
        assert list(each(squared, range(40))) == [x * x for x in range(40)]
        assert list(each(squared, [])) == []


def test_one_process_is_this_one():
    with processes(1) as each:
        assert each is here
        assert list(each(numbered, [0])) == [(0, os.getpid())]
    with processes(2) as each:
        assert os.getpid() not in {pid for _, pid in each(numbered, range(4))}


@pytest.mark.parametrize("count", [1, 2])
def test_an_exception_arrives_as_it_was(count):
    with processes(count) as each, pytest.raises(DataError, match="one is refused"):
        list(each(refused, range(3)))


def test_a_process_that_ends_costs_its_own_task_only():
    with processes(2) as each:
        assert list(each(ended, range(6), as_lost)) == [0, "lost 1", 2, 3, 4, 5]
        assert list(each(squared, [3], as_lost)) == [9]


def test_arrays_arrive_read_only():
    with processes(2) as each:
        (trace,) = each(a_trace, [3])
    assert not trace.x.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        trace.x[0] = 1.0


def test_a_frozen_mapping_is_a_copy_that_travels():
    given = {"a": 1}
    frozen = freeze(given)
    given["a"] = 2
    arrived = pickle.loads(pickle.dumps(frozen))
    assert type(arrived) is MappingProxyType
    assert arrived == {"a": 1}
    with pytest.raises(TypeError):
        arrived["a"] = 3


def test_there_is_a_core():
    assert cores() >= 1
