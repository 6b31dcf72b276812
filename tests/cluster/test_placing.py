"""Cases that come again go to the worker that they were at."""

from __future__ import annotations

from voxlogica.cluster.placing import Placing

TWO = {"tcp://a": 1, "tcp://b": 1}


def test_a_case_that_comes_again_goes_where_it_was():
    placing = Placing(lambda: TWO)
    first = placing.take("one")
    placing.give_back(first)
    for _ in range(5):
        assert placing.take("one") == first
        placing.give_back(first)


def test_other_cases_go_to_who_has_least_to_do():
    placing = Placing(lambda: TWO)
    assert {placing.take("one"), placing.take("two")} == set(TWO)


def test_who_has_an_errand_and_one_that_waits_is_given_no_more_while_others_have_less():
    placing = Placing(lambda: TWO)
    assert [placing.take("one") for _ in range(4)] == ["tcp://a", "tcp://a", "tcp://b", "tcp://b"]


def test_a_worker_that_carries_out_several_at_a_time_gets_more():
    placing = Placing(lambda: {"tcp://a": 1, "tcp://b": 3})
    found = [placing.take(str(case)) for case in range(4)]
    assert sorted(found) == ["tcp://a", "tcp://b", "tcp://b", "tcp://b"]


def test_workers_that_are_gone_get_nothing():
    workers = dict(TWO)
    placing = Placing(lambda: workers)
    first = placing.take("one")
    placing.give_back(first)
    del workers[first]
    assert placing.take("one") in workers
    workers.clear()
    assert placing.take("one") is None
