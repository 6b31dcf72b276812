"""The platforms that a library can be built for, and the levels of their processors.

Levels of x86-64 are those of its psABI (https://gitlab.com/x86-psABIs/x86-64-ABI): v2 has SSE4.2,
v3 AVX2, v4 AVX-512.
"""

from __future__ import annotations

from voxlogica.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Level:
    """What code is made for: LLVM's names of a processor and of what it has beyond that."""

    name: str
    processor: str
    features: str = ""


@dataclass(frozen=True, slots=True)
class Platform:
    """Where a library is to be loaded: its LLVM triple, its levels from the least to the highest.

    `wheel` is the platform in a wheel's name, `zig` what ziglang calls it.
    """

    triple: str
    wheel: str
    zig: str
    levels: tuple[Level, ...]

    @property
    def library(self) -> str:
        """The name of its library's file."""
        return "kernels.dylib" if self.is_apple else "kernels.so"

    @property
    def is_apple(self) -> bool:
        """Whether it has Mach-O libraries, else ELF."""
        return "apple" in self.triple


# 512-bit vectors pay here: kernels go through memory, and are short.
_X86 = (
    Level("v2", "x86-64-v2"),
    Level("v3", "x86-64-v3"),
    Level("v4", "x86-64-v4", "-prefer-256-bit"),
)
_ARM = (Level("a64", "generic"),)
_APPLE_ARM = (Level("a64", "apple-m1"),)

PLATFORMS = {
    "linux-x86_64": Platform(
        "x86_64-unknown-linux-gnu", "manylinux_2_17_x86_64", "x86_64-linux-gnu", _X86
    ),
    "linux-aarch64": Platform(
        "aarch64-unknown-linux-gnu", "manylinux_2_17_aarch64", "aarch64-linux-gnu", _ARM
    ),
    "macos-x86_64": Platform("x86_64-apple-macosx11.0", "macosx_11_0_x86_64", "x86_64-macos", _X86),
    "macos-arm64": Platform(
        "arm64-apple-macosx11.0", "macosx_11_0_arm64", "aarch64-macos", _APPLE_ARM
    ),
}
