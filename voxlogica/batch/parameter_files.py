"""Files of parameters: an object of JSON, from names to values."""

from __future__ import annotations

from voxlogica.batch.plain_json import constant, parsed_json
from voxlogica.batch.words import complaint, content_of
from voxlogica.language.libraries import UnreadableTextError, decoded
from voxlogica.language.parameters import Constant


def read_parameters(name: str) -> dict[str, Constant]:
    """What a file sets: numbers, truth values, texts and lists of these; `null` sets nothing.

    Raises VoxLogicaError.
    """
    try:
        text = decoded(content_of("the file of parameters", name), name)
    except UnreadableTextError as problem:
        raise complaint(str(problem), "save it as text in UTF-8") from None
    found = parsed_json(name, text)
    if not isinstance(found, dict):
        raise complaint(
            f"{name} has no object, of which each name is one of a parameter",
            'as in `{"high": 0.9, "truth": "p001.nii.gz"}`',
        )
    values = {key: constant(name, key, value) for key, value in found.items()}
    return {key: value for key, value in values.items() if value is not None}
