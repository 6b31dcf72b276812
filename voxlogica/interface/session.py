"""Sessions in Python: names that are declared, and expressions over them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, Self

from voxlogica.dialogue import Dialogue
from voxlogica.interface.done import Done, over
from voxlogica.interface.dropped import let_go, let_go_with
from voxlogica.interface.image import Image, wrapped
from voxlogica.interface.inputs import as_given, plain, together
from voxlogica.interface.runs import KEPT
from voxlogica.interface.scans import Scans
from voxlogica.interface.telling import errors_of_images, warn
from voxlogica.interface.tracebacks import short
from voxlogica.interface.values import holds_images, of_language
from voxlogica.interface.wrong_arguments import (
    as_voxel,
    doubts_of_names,
    refuse_as_name,
    refuse_options,
    shown,
)

if TYPE_CHECKING:
    from voxlogica.engine.results import Report, ShownInSession
    from voxlogica.explanations.explanation import Explanation
    from voxlogica.images.given import GivenImage
    from voxlogica.language.given import GivenValue
    from voxlogica.syntax.ast import Dialect


class Session:
    """Expressions and declarations, one after another, each seeing what those before it declared.

        s = voxlogica.Session(flair=flair)
        tumour = s("grow(flair > 500, flair > 400)")
        s.bright = "flair > 500"
        s("volume(bright)")

    An expression gives its value; other commands (`let`, `print`, `save`, `import` …) give what
    `voxlogica.run` gives. `s.name = "…"` declares an expression, which is computed when it is
    needed; `s.name = value` gives a name to an image or an array, a number, a truth value, or a
    list of these or of strings; `s.name` is the value of a name. Keywords of the session give names
    to values as well, a string among them, which is then no expression; what is no image also sets
    a parameter of that name, and is `$name`, as for `voxlogica.run`. Names of options can be set by
    `inputs`, names that Python does not allow by `s("let …")`.

    The options are as for `voxlogica.run`. Threads use a session in turn, one input at a time. What
    it holds in memory is let go of when nobody refers to it any more, or at the end of a `with`.
    """

    _dialogue: Dialogue
    _scans: Scans

    @short
    def __init__(
        self,
        *,
        inputs: Mapping[str, Any] | None = None,
        dialect: Dialect | None = None,
        jobs: int | None = None,
        cache: bool | str | os.PathLike[str] = True,
        memory_limit: int | None = None,
        **named: Any,
    ) -> None:
        let_go()
        options = {"jobs": jobs, "cache": cache, "memory_limit": memory_limit}
        refuse_options(inputs=inputs, dialect=dialect, **options)
        warn(doubts_of_names(named, ["inputs", "dialect", *options]))
        given = together(inputs, named)
        own = object.__setattr__
        own(
            self,
            "_dialogue",
            Dialogue(
                definitions={n: plain(v) for n, v in given.items() if not holds_images(v)},
                dialect=dialect,
                jobs=jobs,
                cache=cache,
                memory_limit=memory_limit,
                keeps_images=KEPT,
            ),
        )
        let_go_with(self, self._dialogue)
        for name, value in given.items():
            # `$name` may be of names that the language does not have.
            if holds_images(value) or self._dialogue.may_declare(name):
                self._give(name, value, given.values())

    @short
    def __call__(self, text: str) -> Any:
        """The value of an expression; or carry out commands. Raises Error; then nothing is kept."""
        if not isinstance(text, str):
            raise TypeError(f"an expression, or a command, is a text, not {shown(text)}")
        let_go()
        report, is_expression = self._dialogue.worth(text)
        warn(report.diagnostics)
        return self._given_out(report, is_expression)

    @short
    def why(self, name: str, voxel: Sequence[int], *, inside: bool = False) -> Explanation:
        """Why the image of a name has its value at a voxel, `(x, y)` or `(x, y, z)`.

        What is given back is as from `voxlogica.why`. Raises Error.
        """
        let_go()
        refuse_as_name(name)
        return self._dialogue.why(name, as_voxel(voxel), inside=inside)

    def _given_out(self, report: Report, is_expression: bool) -> Any:
        """What a program in Python has of an input."""
        if not is_expression:
            return Done(report, self._dialogue.images)
        value = _value(report)
        if not isinstance(value, Image | list):
            return value
        return over(self._scans_held(), value)

    def _scans_held(self) -> Scans:
        """What is drawn under regions: while there is the session, what was given to it is held."""
        scans = Scans(self._dialogue.images)
        object.__setattr__(self, "_scans", scans)
        return scans

    @short
    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            raise AttributeError(f"a name of the language does not begin with `_`: `{name}`")
        if isinstance(value, str):
            report, _ = self._dialogue.worth(f"let {name} = {value}")
            warn(report.diagnostics)
        else:
            self._give(name, value)
        if "_scans" in vars(self):
            self._scans_held()

    def _give(self, name: str, value: Any, beside: Iterable[object] = ()) -> None:
        """Declare a value: an image, a number, a bool, a string, or a list of these."""
        warn(self._dialogue.give(name, as_value(value, name, beside)).diagnostics)

    @short
    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not self._dialogue.declares(name):
            raise AttributeError(f"nothing is declared as `{name}`", name=name, obj=self)
        return self(name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._dialogue.declared()]

    def __repr__(self) -> str:
        return f"<Session {', '.join(self._dialogue.declared().values()) or 'without names'}>"

    @short
    def __reduce__(self) -> NoReturn:
        raise TypeError("a session stays in its process: what it gives can be sent, or copied")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._dialogue.__exit__()


def as_value(value: object, name: str, beside: Iterable[object] = ()) -> GivenValue:
    """A value that a session may be given by a name. Raises VoxLogicaError, TypeError, ValueError.

    An array has the place of the first image that is in a list with it, or `beside` it. A session
    goes on: memory that is lent now may be changed any time, and is copied.
    """
    near = [*value, *beside] if isinstance(value, list | tuple) else [*beside]

    def image(one: object) -> GivenImage:
        with errors_of_images():
            return as_given(one, name, near).owned()

    return of_language(value, image, f"`{name}`: ")


def _value(report: Report) -> Any:
    """The value of an expression, from all that is shown of it."""
    shown = report.values
    if len(shown) == 1 and not shown[0].indices:
        return wrapped(shown[0].value, shown[0].labels, shown[0].colour)
    return _nested(shown)


def _nested(values: Iterable[ShownInSession]) -> list[Any]:
    """Lists of lists, from what is in them and where."""
    found: list[Any] = []
    for one in values:
        inner = found
        for index in one.indices[:-1]:
            while len(inner) <= index:
                inner.append([])
            inner = inner[index]
        inner.append(wrapped(one.value, one.labels, one.colour))
    return found
