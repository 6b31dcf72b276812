"""Where what takes too long is cut, so that several workers do it.

An island is cut between the files that it rests on. Operations that rest on the same files are a
set. Sets are joined one after the other, those first that rest on the fewest files when they are
together: so the scans of a case come together before cases do that share an atlas, or whose images
are summed up. This makes a tree, which is cut from its root on, until what is left takes no longer
than it may. What is cut off is worth its journey: its values take less time to travel than to be
computed.

A piece is cut by what is wanted of it, as in a sweep. What nothing else of it reads is one of its
ends. Ends that follow each other are a group, and what only one group rests on is with it. What
several groups rest on is a piece before them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from math import ceil, inf

from voxlogica.cluster.islands import DisjointSets
from voxlogica.cluster.values import WORTH, Values
from voxlogica.dataclass import dataclass, field
from voxlogica.language.workplan import WorkPlan

# What takes so many times as long as it should is cut.
TOO_LONG = 1.5
# Of so many files at most it is noted by themselves that operations rest on them.
_LARGE = 64
# A piece stays whole where it would not be done in so much of the time.
_GAIN = 0.8
# What takes less, in nanoseconds, is not worth a journey of its own.
LITTLE = 30e6
# What several groups of ends rest on is cut as often, at most.
_DEPTH = 4
# Of what several ends, or groups, rest on.
_SHARED = -1


@dataclass(frozen=True, slots=True)
class Sets:
    """The sets of an island's operations that rest on the same files.

    Of each set: how long its operations take, and the values that others read to travel; the files,
    or what stands for many; and the sets that read it. `of` are the sets by position.
    """

    of: dict[int, int] = field(default_factory=dict)
    takes: list[float] = field(default_factory=list)
    travels: list[float] = field(default_factory=list)
    files: list[frozenset[int]] = field(default_factory=list)
    readers: list[dict[int, None]] = field(default_factory=list)
    _known: dict[frozenset[int], int] = field(default_factory=dict)
    _unions: dict[frozenset[int], int] = field(default_factory=dict)
    # How many files each stands for that stands for many.
    _many: dict[int, int] = field(default_factory=dict)

    def count(self, files: frozenset[int]) -> int:
        """How many files there are, about."""
        return sum([self._many.get(file, 1) for file in files])

    def add(self, files: frozenset[int]) -> int:
        """The set of operations that rest on these files."""
        found = self._known.setdefault(files, len(self.takes))
        if found == len(self.takes):
            if len(files) > _LARGE:
                # What rests on this rests on one thing more, whatever that is.
                self._many[-1 - found] = self.count(files)
                files = frozenset({-1 - found})
            self.files.append(files)
            self.takes.append(0.0)
            self.travels.append(0.0)
            self.readers.append({})
        return found

    def union(self, sets: frozenset[int]) -> int:
        """The set of operations that read those of several sets."""
        found = self._unions.get(sets)
        if found is None:
            files = frozenset().union(*(self.files[one] for one in sets))
            found = self._unions[sets] = self.add(files)
            for one in sets:
                if one != found:
                    self.readers[one][found] = None
        return found


def by_files(
    plan: WorkPlan, operations: Sequence[int], values: Values, most: float
) -> dict[int, int]:
    """The first operation of the piece that each is in, if an island is to be cut; else nothing.

    Takes the island's operations in order, of which numbers are left out. A piece takes `most`, if
    it can be.
    """
    sets = _sets(plan, [p for p in operations if not values.is_number[p]], values)
    pieces = _Tree(sets, most).pieces()
    if pieces is None:
        return {}
    first: dict[int, int] = {}
    return {
        position: first.setdefault(pieces.first(one), position) for position, one in sets.of.items()
    }


def _sets(plan: WorkPlan, operations: Iterable[int], values: Values) -> Sets:
    sets = Sets()
    of, is_loose, is_plain = sets.of, values.is_loose, values.is_plain
    crossed: set[int] = set()
    for position in operations:
        arguments = [
            a for a in plan.arguments(position) if a in of and not (is_loose[a] or is_plain[a])
        ]
        below = {of[a] for a in arguments}
        if not below:
            found = sets.add(frozenset({position}))
        elif len(below) == 1:
            (found,) = below
        else:
            found = sets.union(frozenset(below))
            read = [argument for argument in arguments if of[argument] != found]
            for argument in values.behind(plan, read):
                if of[argument] != found and argument not in crossed:
                    crossed.add(argument)
                    sets.travels[of[argument]] += values.travels[argument]
        of[position] = found
        sets.takes[found] += values.takes[position]
    return sets


@dataclass(slots=True)
class _Join:
    """A node of the tree: a set with those that read it, and the nodes that were joined by that.

    The first of these has the set in it.
    """

    of: int
    takes: float
    below: list[int]


class _Tree:
    """How sets are joined, one after the other, and where that is undone."""

    def __init__(self, sets: Sets, most: float) -> None:
        self._sets = sets
        self._most = most * TOO_LONG
        # The nodes: first those of the sets by themselves.
        self._nodes = [_Join(one, takes, []) for one, takes in enumerate(sets.takes)]

    def pieces(self) -> DisjointSets | None:
        """The sets that are one piece; None if all are."""
        sets = self._sets
        count = len(sets.takes)
        joined = DisjointSets(count)
        node_of = list(range(count))
        for one in sorted(range(count), key=self._key):
            together = [one, *sets.readers[one]]
            below = list(dict.fromkeys(node_of[joined.first(other)] for other in together))
            for other in sets.readers[one]:
                joined.join(one, other)
            if len(below) > 1:
                takes = sum(self._nodes[node].takes for node in below)
                node_of[joined.first(one)] = len(self._nodes)
                self._nodes.append(_Join(one, takes, below))
        roots = {node_of[joined.first(one)]: None for one in range(count)}
        looked_at = self._undone(roots)
        pieces = DisjointSets(count)
        for node in self._nodes[count:]:
            readers = [*sets.readers[node.of]]
            if node.of in looked_at:
                # What others read as well is with one of them, if it is not apart.
                readers = [] if looked_at[node.of] else readers[:1]
            for other in readers:
                pieces.join(node.of, other)
        longest = max(self._longest(), *self._of_pieces(pieces))
        return pieces if longest <= _GAIN * sum(sets.takes) else None

    def _of_pieces(self, pieces: DisjointSets) -> list[float]:
        """How long each piece takes, at its first set."""
        found = [0.0] * len(self._sets.takes)
        for one, takes in enumerate(self._sets.takes):
            found[pieces.first(one)] += takes
        return found

    def _longest(self) -> float:
        """How long the sets take that have to be computed one after the other."""
        sets = self._sets
        before = [0.0] * len(sets.takes)
        longest = 0.0
        for one in sorted(range(len(before)), key=lambda one: (sets.count(sets.files[one]), one)):
            end = before[one] + sets.takes[one]
            longest = max(longest, end)
            for other in sets.readers[one]:
                before[other] = max(before[other], end)
        return longest

    def _key(self, one: int) -> tuple[int, int, int]:
        """On how many files a set rests with those that read it; the larger of two sets first."""
        count, files = self._sets.count, self._sets.files
        readers = self._sets.readers[one]
        # Those that read a set rest on all that it rests on.
        together = frozenset().union(*(files[other] for other in readers or (one,)))
        return count(together), -count(files[one]), one

    def _undone(self, roots: Collection[int]) -> dict[int, bool]:
        """The sets that are not joined with all that read them: whether they are apart from all."""
        undone: dict[int, bool] = {}
        # With the longest that was cut off above: along a sum, all that are summed up are cut off.
        # And how long what takes that could be done meanwhile, in the same piece or cut off.
        waiting: list[tuple[int, float, float]] = [(root, inf, 0.0) for root in roots]
        while waiting:
            number, longest, meanwhile = waiting.pop()
            node = self._nodes[number]
            if not node.below or node.takes <= min(self._most, TOO_LONG * longest):
                continue
            first, *others = node.below
            takes, rest = self._nodes[first].takes, node.takes - self._nodes[first].takes
            travels = self._sets.travels[node.of]
            worth = max(WORTH * travels, LITTLE)
            # What several read that are apart, none of them should have to wait for another for.
            is_shared = len(others) > 1 and travels > 0
            is_apart = is_shared or takes >= worth <= max(meanwhile, rest)
            undone[node.of] = is_apart
            # What travels less may be found in what is not worth its own journey.
            waiting.append(
                (first, longest, 0.0) if is_apart else (first, 0.0, max(meanwhile, rest))
            )
            if is_apart:
                lesser = max(sorted(self._nodes[one].takes for one in node.below)[-2], worth)
                longest = lesser if longest == inf else max(longest, lesser)
            waiting += [(other, longest, max(meanwhile, takes)) for other in others]
        return undone


def by_ends(
    plan: WorkPlan, operations: Sequence[int], values: Values, most: float
) -> dict[int, int]:
    """The first operation of the piece that each is in, if a piece is to be cut further."""
    pieces = _by_ends(plan, operations, values, most, _DEPTH)
    return {position: piece[0] for piece in pieces for position in piece}


def _by_ends(
    plan: WorkPlan, operations: Sequence[int], values: Values, most: float, depth: int
) -> list[list[int]]:
    """The operations of a piece, which are in order, as several pieces, if it is to be cut.

    Each takes `most`, if it can be.
    """
    takes = values.takes
    whole = sum([takes[position] for position in operations])
    readers = _Readers(plan, operations, values)
    ends = readers.ends
    count = min(ceil(whole / most), len(ends))
    if count < 2 or not depth:
        return [list(operations)]
    alone = dict.fromkeys(ends, 0.0)
    end_of = readers.marks({end: end for end in ends})
    for position, end in end_of.items():
        if end != _SHARED:
            alone[end] += takes[position]
    groups = _grouped(alone, count)
    group_of = readers.marks(groups)
    pieces: list[list[int]] = [[] for _ in range(count + 1)]
    for position in operations:
        pieces[group_of[position]].append(position)
    *grouped, shared = pieces
    before = sum([takes[position] for position in shared])
    longest = max(
        sum([takes[position] for position in piece]) + _journeys(plan, piece, group_of, values)
        for piece in grouped
    )
    if before + longest > _GAIN * whole:
        return [list(operations)]
    return [*_by_ends(plan, shared, values, most, depth - 1), *filter(None, grouped)]


class _Readers:
    """The operations of a piece, and which of them read each other's values."""

    def __init__(self, plan: WorkPlan, operations: Sequence[int], values: Values) -> None:
        self._plan = plan
        self._operations = operations
        within = set(operations)
        self._read: dict[int, list[int]] = {}
        read: set[int] = set()
        for position in operations:
            found = [a for a in plan.arguments(position) if a in within]
            # Numbers of several operations are taken together by whoever reads these.
            if values.is_number[position] and len(found) > 1:
                found = []
            self._read[position] = found
            read.update(found)
        self.ends = [position for position in operations if position not in read]

    def marks(self, of_ends: dict[int, int]) -> dict[int, int]:
        """Of each operation, the mark of all ends that rest on it, where they have the same."""
        found = dict(of_ends)
        for position in reversed(self._operations):
            mark = found[position]
            for argument in self._read[position]:
                if found.setdefault(argument, mark) != mark:
                    found[argument] = _SHARED
        return found


def _grouped(alone: dict[int, float], count: int) -> dict[int, int]:
    """The numbers of so many groups of ends that follow each other, which take about as long."""
    each = sum(alone.values()) / count
    groups: dict[int, int] = {}
    before = 0.0
    for end, takes in alone.items():
        groups[end] = min(int((before + takes / 2) / each), count - 1) if each else 0
        before += takes
    return groups


def _journeys(
    plan: WorkPlan, piece: Sequence[int], group_of: dict[int, int], values: Values
) -> float:
    """How long the values travel that the operations of a group read of those that others share."""
    read = {
        argument
        for position in piece
        for argument in plan.arguments(position)
        if group_of.get(argument) == _SHARED
    }
    again = [values.takes[position] for position in sorted(read) if values.is_again[position]]
    return sum(again) + sum([values.travels[p] for p in values.behind(plan, sorted(read))])
