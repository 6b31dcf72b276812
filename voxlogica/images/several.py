"""What is said of files that hold several images."""

from __future__ import annotations

from collections.abc import Sequence

from voxlogica.images.errors import quoted

_MOST_NAMED = 12


def channels_listed(names: Sequence[str]) -> str:
    """The channels as a program may name them: `channels 0 "DAPI", 1 "GFP"`."""
    if not any(names):
        return f"channels 0 to {len(names) - 1}"
    listed = [f"{i} {quoted(name)}" if name else str(i) for i, name in enumerate(names)]
    more = len(listed) - _MOST_NAMED
    return "channels " + ", ".join(listed[:_MOST_NAMED]) + (f", … {more} more" if more > 0 else "")


def left_open(path: str, names: Sequence[str], frames: int) -> tuple[str, str]:
    """That one of several channels, or of several frames, has to be chosen; and how."""
    parts, ways = [], []
    if len(names) > 1:
        by_name = names[0] and names.count(names[0]) == 1
        ways.append(f"`channel(img, {quoted(names[0]) if by_name else 0})`")
        listed = channels_listed(names)
        parts.append(listed if any(names) else f"{len(names)} {listed}")
    if frames > 1:
        ways.append("`frame(img, 0)`")
        parts.append(f"{frames} frames, 0 to {frames - 1}")
    return (
        f"{quoted(path)} holds several images: {' and '.join(parts)}",
        f"{' and '.join(ways)} {'choose' if len(ways) > 1 else 'chooses'} the first",
    )
