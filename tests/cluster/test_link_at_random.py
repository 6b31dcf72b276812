"""Errands that are wanted, dropped and wanted again at random, and workers that are killed."""

from __future__ import annotations

import os
import random
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.cluster.processes import cluster
from tests.cluster.test_connection import key
from voxlogica.cluster.connection import Connection, Submitted


def played(connection: Connection, seed: int) -> int:
    """Want a few errands, again and again, and drop some; how many answers came, each the right."""
    chance = random.Random(seed)
    wanted: dict[int, Submitted] = {}
    came = 0

    def take(number: int) -> None:
        nonlocal came
        submitted = wanted.pop(number)
        assert submitted.future.result() == b"%d" % number
        submitted.release()
        came += 1

    for _ in range(400):
        number = chance.randrange(12)
        if number not in wanted:
            words = f"work {0.03 * (number % 4)} {number}".encode()
            wanted[number] = connection.submit(key("random", number), words)
        elif chance.random() < 0.5:
            wanted.pop(number).release()
        else:
            take(number)
    for number in list(wanted):
        take(number)
    return came


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_who_wants_an_errand_has_its_answer_whatever_others_do(seed):
    with cluster(0) as running:
        for _ in range(2):
            running.worker(threads=2)
        with (
            running.connection() as first,
            running.connection() as second,
            ThreadPoolExecutor(3) as pool,
        ):
            players = [
                pool.submit(played, connection, 10 * seed + number)
                for number, connection in enumerate((first, second, first))
            ]
            assert all(player.result() > 0 for player in players)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_all_errands_are_done_though_workers_are_killed_again_and_again(seed):
    chance = random.Random(seed)
    with cluster(3) as running, running.connection() as connection:
        submitted = [
            connection.submit(key("killed", seed, number), f"work 0.02 {number}".encode())
            for number in range(400)
        ]
        for number, one in enumerate(submitted):
            assert one.future.result() == b"%d" % number
            if number % 40 == 0:
                said = list(connection.ask_all(b"pid").values())
                if said:  # else all are about to come again
                    os.kill(int(chance.choice(said).split()[0]), signal.SIGKILL)
