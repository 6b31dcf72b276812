"""What a live program means at a moment: its names' values, what it prints, what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from voxlogica.dataclass import dataclass, field

if TYPE_CHECKING:
    from voxlogica.engine.plain_values import PrintedValue, ShownValue
    from voxlogica.images.image import Image as Voxels
    from voxlogica.interface.image import Image
    from voxlogica.language.asserts import Asserted
    from voxlogica.language.numbers_in_text import NumberInText
    from voxlogica.language.parameters import Constant, Parameter
    from voxlogica.language.workplan import Show, WorkPlan
    from voxlogica.syntax.diagnostics import Diagnostic


# An image of a file is a scan where so many voxels of it have more than a few values.
_LOOKED_AT, _FEW = 10_000, 8


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


class Naming:
    """Gives results the names that the program has for them, and finds what each is drawn over.

    That is the image which the region has most to do with, as on the page of a run; but where this
    is no scan, as it has a few values only, it is the first image of the grid that is one.
    """

    def __init__(self) -> None:
        # By the id of a file's image, whether it is a scan; of a region, what it was drawn over.
        self._scans: dict[bytes, bool] = {}
        self._under: dict[bytes, bytes | None] = {}

    def named(
        self, plan: WorkPlan, shown: Sequence[Show], values: Sequence[ShownValue]
    ) -> dict[str, Named]:
        """The values of goals of a plan, by the names that these have for labels."""
        from voxlogica.images.image import Image as Voxels
        from voxlogica.operators.literals import LOAD

        loaded: dict[bytes, tuple[str, Voxels]] = {}
        for goal, value in zip(shown, values, strict=True):
            if isinstance(value, Voxels) and plan.kinds[goal.node].operator is LOAD:
                loaded.setdefault(plan.ids[goal.node], (goal.label, value))
        self._scans = {i: self._is_scan(i, value) for i, (_, value) in loaded.items()}
        found: dict[str, Named] = {}
        under: dict[bytes, bytes | None] = {}
        for goal, value in zip(shown, values, strict=True):
            identity, kind = plan.ids[goal.node], plan.kinds[goal.node]
            over = None
            if isinstance(value, Voxels) and identity not in loaded:
                under[identity] = self._beneath(plan, goal.node)
                over = self._over(value, under[identity], loaded)
            found[goal.label] = Named(
                goal.label, str(kind.type), identity.hex(), value, over, goal.labels, goal.colour
            )
        self._under = under
        return found

    def _is_scan(self, identity: bytes, image: Voxels) -> bool:
        if identity in self._scans:
            return self._scans[identity]
        values = image.array.reshape(-1)
        return len(set(values[:: max(1, values.size // _LOOKED_AT)].tolist())) > _FEW

    def _beneath(self, plan: WorkPlan, position: int) -> bytes | None:
        identity = plan.ids[position]
        if identity in self._under:
            return self._under[identity]
        from voxlogica.report.underlays import underlay

        under = underlay(plan, position)
        return None if under is None else plan.ids[under]

    def _over(
        self, image: Voxels, under: bytes | None, loaded: Mapping[bytes, tuple[str, Voxels]]
    ) -> str | None:
        fitting = {i: n for i, (n, one) in loaded.items() if one.geometry == image.geometry}
        scans = [i for i in fitting if self._scans[i]]
        for identity in (under if under in scans else None, *scans, under, *fitting):
            if identity in fitting:
                return fitting[identity]
        return None
