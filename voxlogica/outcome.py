"""What a live program means at a moment: its names' values, what it prints, what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from voxlogica.dataclass import dataclass, field

if TYPE_CHECKING:
    from voxlogica.engine.plain_values import PrintedValue, ShownValue
    from voxlogica.interface.image import Image
    from voxlogica.language.asserts import Asserted
    from voxlogica.language.numbers_in_text import NumberInText
    from voxlogica.language.parameters import Constant, Parameter
    from voxlogica.syntax.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Named:
    """What a name of the program means: an image, a number, a bool, a string, or a list of these.

    The `value` of an image is its voxels, an `array` with its `geometry`. `id` is that of the
    operation, in hexadecimal digits: where it is the same, so is the value. A region is drawn
    `over` the image of that name, if there is one of its grid. An image may be of `labels`, or of
    a `colour`. An image that is an element of a sequence is called `cells[2]`.
    """

    name: str
    vltype: str
    id: str
    value: ShownValue = field(repr=False)
    over: str | None = None
    labels: bool = False
    colour: bool = False

    @property
    def image(self) -> Image:
        """The image, as functions give it. Raises TypeError where the name means none."""
        from voxlogica.images.image import Image as Voxels
        from voxlogica.interface.image import wrapped

        if not isinstance(self.value, Voxels):
            raise TypeError(f"`{self.name}` is no image, but a {self.vltype}")
        return cast("Image", wrapped(self.value, self.labels, self.colour))


@dataclass(frozen=True, slots=True)
class LivePrint:
    """What one `print` shows, and what it showed `before` the last change, None where nothing."""

    label: str
    vltype: str
    value: PrintedValue
    before: PrintedValue | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a change of a live program's text or values.

    `text` is the program, and `set` what its parameters are set to, of those that were set;
    `diagnostics` are all errors and warnings. With an error among them `named`, `prints`, `asserts`
    and `saves` are those of the last time that there was none. `changed` are the names whose values
    are others than then, or new, `gone` those that there are no more. `numbers` are those in the
    text that may be moved, `saves` the files that a run would write: here none is written. It took
    so many `seconds`.
    """

    text: str
    set: Mapping[str, Constant]
    diagnostics: tuple[Diagnostic, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    numbers: tuple[NumberInText, ...] = ()
    named: Mapping[str, Named] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    prints: tuple[LivePrint, ...] = ()
    asserts: tuple[Asserted, ...] = ()
    saves: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What is wrong; nothing else is new then."""
        return tuple(d for d in self.diagnostics if d.severity == "error")
