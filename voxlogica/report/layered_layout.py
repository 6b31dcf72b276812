"""Placing a directed graph in layers, arguments above their readers.

The method of Sugiyama, Tagawa and Toda (1981) in its plainest form: a layer for each node, lanes
for edges that pass layers, an order in each layer by the mean place of the neighbours, then
coordinates that keep the order and stay as near as can be to those means. A sweep takes time linear
in nodes and edges, but for sorting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from voxlogica.dataclass import dataclass

Row = TypeVar("Row", bound=Sequence[int])

_ORDERING_SWEEPS = 8
_PLACING_SWEEPS = 6
_GAP = 24.0
_LANE_WIDTH = 6.0


@dataclass(frozen=True, slots=True)
class Layered:
    """Where nodes and edges are: `x` is the centre of each node, `layer` counts from the top.

    `lanes[k]` are the centres of edge k in the layers that it passes between its two ends.
    """

    x: list[float]
    layer: list[int]
    lanes: list[list[float]]
    width: float


def layered(widths: Sequence[float], edges: Sequence[tuple[int, int]]) -> Layered:
    """The layout of nodes with these widths; edges go from a lower to a higher number."""
    count = len(widths)
    layer = _layers(count, edges)
    # One lane serves all edges that leave a node: it is split where a reader is reached.
    last = list(layer)
    for source, target in edges:
        last[source] = max(last[source], layer[target] - 1)
    # In a plan too large to be looked at as a whole, edges go straight.
    with_lanes = sum(last) - sum(layer) <= 4 * count + 1000
    place = list(layer)
    room = list(widths)
    links: list[tuple[int, int]] = []
    lane_of: dict[tuple[int, int], int] = {}
    if with_lanes:
        for node in range(count):
            above = node
            for passed in range(layer[node] + 1, last[node] + 1):
                lane_of[node, passed] = len(place)
                place.append(passed)
                room.append(_LANE_WIDTH)
                links.append((above, len(place) - 1))
                above = len(place) - 1
    for source, target in edges:
        links.append((lane_of.get((source, layer[target] - 1), source), target))
    x = _coordinates(_orders(place, links), room, links)
    left = min((x[n] - room[n] / 2 for n in range(len(x))), default=0.0)
    right = max((x[n] + room[n] / 2 for n in range(len(x))), default=0.0)
    x = [value - left for value in x]
    lanes = [
        [x[lane_of[s, p]] for p in range(layer[s] + 1, layer[t])] if with_lanes else []
        for s, t in edges
    ]
    return Layered(x[:count], layer, lanes, right - left)


def _layers(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Below all arguments; a node without any goes right above its first reader."""
    layer = [0] * count
    fed = bytearray(count)
    nearest: dict[int, int] = {}
    in_order = sorted(edges, key=lambda edge: edge[1])
    for source, target in in_order:
        layer[target] = max(layer[target], layer[source] + 1)
        fed[target] = 1
    for source, target in in_order:
        nearest[source] = min(layer[target], nearest.get(source, layer[target]))
    return [layer[n] if fed[n] else max(0, nearest.get(n, 1) - 1) for n in range(count)]


def _orders(place: Sequence[int], links: Sequence[tuple[int, int]]) -> list[list[int]]:
    """The nodes of each layer from left to right, with few crossings between layers."""
    layers: list[list[int]] = [[] for _ in range(max(place, default=-1) + 1)]
    for node, at in enumerate(place):
        layers[at].append(node)
    rank = {node: index - len(row) / 2 for row in layers for index, node in enumerate(row)}
    for row, neighbours in _sweeps(_ORDERING_SWEEPS, layers, len(place), links):
        means = {
            n: sum(rank[m] for m in neighbours[n]) / len(neighbours[n])
            for n in row
            if neighbours[n]
        }
        row.sort(key=lambda n: means.get(n, rank[n]))
        rank |= {node: index - len(row) / 2 for index, node in enumerate(row)}
    return layers


def _coordinates(
    layers: Sequence[Sequence[int]], room: Sequence[float], links: Sequence[tuple[int, int]]
) -> list[float]:
    x = [0.0] * len(room)
    for row in layers:
        at = -sum(room[n] + _GAP for n in row) / 2
        for node in row:
            x[node] = at + (room[node] + _GAP) / 2
            at += room[node] + _GAP
    for row, neighbours in _sweeps(_PLACING_SWEEPS, layers, len(room), links):
        wanted = [
            sum(x[m] for m in neighbours[n]) / len(neighbours[n]) if neighbours[n] else x[n]
            for n in row
        ]
        for node, value in zip(row, _spread(wanted, [room[n] for n in row]), strict=True):
            x[node] = value
    return x


def _spread(wanted: Sequence[float], widths: Sequence[float]) -> list[float]:
    """The positions nearest to those wanted, in least squares, that keep order and distance.

    Less the room to their left, positions must only be non-decreasing: an isotonic regression,
    solved by pooling adjacent violators.
    """
    offsets: list[float] = []
    at = 0.0
    for width in widths:
        offsets.append(at + width / 2)
        at += width + _GAP
    pools: list[tuple[float, int]] = []
    for value, offset in zip(wanted, offsets, strict=True):
        total, size = value - offset, 1
        while pools and pools[-1][0] / pools[-1][1] >= total / size:
            before, members = pools.pop()
            total, size = total + before, size + members
        pools.append((total, size))
    levels = [total / size for total, size in pools for _ in range(size)]
    return [level + offset for level, offset in zip(levels, offsets, strict=True)]


def _sweeps(
    times: int, layers: Sequence[Row], count: int, links: Sequence[tuple[int, int]]
) -> Iterator[tuple[Row, list[list[int]]]]:
    """Each layer with its nodes' neighbours in the one before, downwards and upwards in turn."""
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for source, target in links:
        below[source].append(target)
        above[target].append(source)
    for sweep in range(times):
        neighbours = below if sweep % 2 else above
        for row in reversed(layers) if sweep % 2 else layers:
            yield row, neighbours
