"""Which operations of a plan belong together: what images connect, as all that a case is.

An island is what images that rest on the same files connect. Numbers connect nothing by themselves:
those in which several islands meet are computed at the client. But an island whose numbers another
one reads alone joins it: of a case, say, the scan whose brightness another's threshold rests on.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from voxlogica.cluster.values import Values
from voxlogica.images.arrays import np
from voxlogica.language.workplan import WorkPlan

# Where an operation is at home that is in no island: nowhere, as what is computed wherever it is
# needed; at the client.
NOWHERE, CLIENT = -1, -2

# What rests on no file is computed several times if that takes no more of the whole.
_SHARE = 0.25
# So often it is looked whether islands join others by their numbers: a row of so many becomes one.
_ROUNDS = 4
# Of numbers that so many islands read it is not known which these are.
_MOST = 3


class DisjointSets:
    """Sets of numbers below `size` that have been joined, each known by its least member.

    Each number has another of its set `above` it, which is no greater; the least has itself.
    """

    def __init__(self, size: int) -> None:
        self.above = list(range(size))

    def first(self, member: int) -> int:
        """The least member of the set that a number is in."""
        above = self.above
        while above[member] != member:
            above[member] = member = above[above[member]]
        return member

    def join(self, one: int, other: int) -> int:
        """Make one set of those that two numbers are in; its least member."""
        one, other = self.first(one), self.first(other)
        if one > other:
            one, other = other, one
        self.above[other] = one
        return one

    def firsts(self) -> list[int]:
        """The least member of the set of each number."""
        above = self.above
        for member, other in enumerate(above):
            above[member] = above[other]
        return above


def islands(
    plan: WorkPlan, needed: Sequence[int], values: Values
) -> tuple[DisjointSets, array[int]]:
    """The operations that images connect, and what else cannot leave a process. O(operations).

    And those that are numbers, or read some, which say how islands depend on each other.

    What rests on no file connects nothing where it is little to compute it in each island that
    reads it: it is loose from there on. Else it is computed once, as if it were a file.
    """
    is_free, is_plain, arguments_of = values.is_free, values.is_plain, plan.arguments
    is_loose, is_number = values.is_loose, values.is_number
    joined = DisjointSets(len(plan))
    above = joined.above
    of_numbers = array("i")
    # Who reads what rests on no file, and takes longer to compute than to travel.
    read_by: dict[int, list[int]] = {}
    for position in needed:
        if is_number[position]:
            if not is_loose[position]:
                of_numbers.append(position)
            continue
        if is_free[position]:
            continue
        root, reads_numbers = position, False
        for argument in arguments_of(position):
            if not is_free[argument]:
                if is_plain[argument]:
                    reads_numbers = True
                else:
                    # As `DisjointSets.join` does, in place.
                    while above[argument] != argument:
                        above[argument] = argument = above[above[argument]]
                    if argument < root:
                        above[root] = root = argument
                    else:
                        above[argument] = root
            elif not is_loose[argument]:
                read_by.setdefault(argument, []).append(position)
        if reads_numbers:
            of_numbers.append(position)
    if is_free == is_loose:
        return joined, of_numbers
    _loosen(plan, needed, values, joined, read_by)
    for position in needed:
        if is_free[position] and not is_loose[position] and not is_number[position]:
            for other in (*arguments_of(position), *read_by.get(position, ())):
                if not (is_loose[other] or is_plain[min(other, position)]):
                    joined.join(position, other)
    return joined, of_numbers


def _loosen(
    plan: WorkPlan,
    needed: Sequence[int],
    values: Values,
    joined: DisjointSets,
    read_by: dict[int, list[int]],
) -> None:
    share = _SHARE * sum([values.takes[position] for position in needed])
    for position, readers in read_by.items():
        count = len({joined.first(reader) for reader in readers})
        if count > 1 and (count - 1) * values.anew[position] <= share:
            waiting = [position]
            while waiting:
                current = waiting.pop()
                if not values.is_loose[current]:
                    values.is_loose[current] = values.is_again[current] = 1
                    waiting += plan.arguments(current)


def homes(
    plan: WorkPlan, of_numbers: Sequence[int], values: Values, of_others: Sequence[int]
) -> array[int]:
    """Where each operation is at home, given where those are that are no numbers.

    Numbers are with what they are of; where that is not one place, or they are of what the client
    sees, they are at the client.
    """
    number, here, arguments_of = values.is_number, values.is_here, plan.arguments
    is_loose = np.frombuffer(values.is_loose, np.uint8)
    home = array("i", np.where(is_loose, NOWHERE, of_others).astype(np.int32).tobytes())
    for position in of_numbers:
        if number[position]:
            at = CLIENT if here[position] else NOWHERE
            for argument in arguments_of(position):
                other = home[argument]
                if other != at and other != NOWHERE:
                    at = other if at == NOWHERE else CLIENT
            home[position] = at if at != NOWHERE else CLIENT
    return home


def times(values: Values, home: Sequence[int]) -> dict[int, float]:
    """How long all that is at each home takes."""
    counted = np.bincount(np.asarray(home) - CLIENT, values.takes)
    return {int(at) + CLIENT: float(counted[at]) for at in np.flatnonzero(counted)}


def join_by_numbers(
    plan: WorkPlan, of_numbers: Sequence[int], values: Values, joined: DisjointSets, most: float
) -> array[int]:
    """Join islands that read no others' numbers to those that alone read theirs; all homes then.

    But not where both together would take more than `most`.
    """
    for _ in range(_ROUNDS):
        home = homes(plan, of_numbers, values, joined.firsts())
        readers = _readers(plan, of_numbers, values, home)
        takes = times(values, home) if readers else {}
        is_changed = False
        for island, others in readers.items():
            if len(others) == 1:
                (other,) = others
                one, two = joined.first(island), joined.first(other)
                if one != two and takes[one] + takes[two] <= most:
                    takes[joined.join(one, two)] = takes[one] + takes[two]
                    is_changed = True
        if not is_changed:
            break
    else:
        home = homes(plan, of_numbers, values, joined.firsts())
    return home


def _readers(
    plan: WorkPlan, of_numbers: Sequence[int], values: Values, home: Sequence[int]
) -> dict[int, set[int]]:
    """The islands that read numbers of each that reads none, in the order of these.

    Of more than a few, as of those that read a mean of all, there are so many and no more.
    """
    number, arguments_of = values.is_number, plan.arguments
    # The islands that read each number, in its own or by other numbers.
    read_by: dict[int, set[int]] = {}
    reading: set[int] = set()
    for position in reversed(of_numbers):
        at = home[position]
        if number[position]:
            found = read_by.get(position)
            if found is None:
                continue
        else:
            found = {at}
        for argument in arguments_of(position):
            if home[argument] == NOWHERE or not values.is_plain[argument]:
                continue
            if not number[position] and home[argument] != at:
                reading.add(at)
            known = read_by.get(argument)
            if known is None:
                read_by[argument] = found
            elif known is not found and len(known) < _MOST and not found <= known:
                read_by[argument] = known | found
    readers: dict[int, set[int]] = {}
    for position in sorted(read_by):
        if not number[position]:
            at = home[position]
            others = read_by[position] - {at}
            if others and at not in reading:
                readers.setdefault(at, set()).update(others)
    return readers
