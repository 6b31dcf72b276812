"""What a run has saved: found by any path to it, and never taken for what another run has saved."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

import voxlogica as vox
from voxlogica.interface import runs

RAMP = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
REPLACED = "is no longer the file that was saved: it was changed, replaced or deleted"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def by_run(text, **given):
    return vox.run(text=text, cache=False, **given)


def by_cases(text, **given):
    (result,) = vox.cases(text=text, cases=[{"case": "one", **given}], cache=False)
    assert result.error is None
    return result


def by_kept_cases(text, **given):
    """As an earlier run has left it."""
    for _ in range(2):
        (result,) = vox.cases(text=text, cases=[{"case": "one", **given}], cache="store")
    return result


WAYS = pytest.mark.parametrize("way", [by_run, by_cases, by_kept_cases])


@pytest.fixture
def unkept(monkeypatch):
    """Images too large to stay in memory with what came of a run."""
    monkeypatch.setattr(runs, "KEPT", 0)


@WAYS
@pytest.mark.usefixtures("unkept")
class TestFromTheirFiles:
    @pytest.mark.parametrize("name", ["a.nii.gz", "a.mha", "a.mhd"])
    def test_are_what_was_saved(self, way, name):
        vox.image(RAMP).save("k.mha")
        text = f'load k = "k.mha" save "{name}" k + 1'
        done = way(text)
        found = done.images["a"]
        assert np.array_equal(found.array, RAMP + 1)
        assert found.name == "a"
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(done)).images["a"].array, RAMP + 1)

    def test_are_not_what_a_later_run_saves_under_the_same_name(self, way):
        vox.image(RAMP).save("k.mha")
        text = 'load k = "k.mha" save "a.mhd" k + {}'
        first, second = way(text.format(1)), way(text.format(1000))
        with pytest.raises(vox.Error, match=REPLACED) as told:
            assert first.images["a"] is None
        assert "save each to a file of its own" in told.value.hint
        assert np.array_equal(second.images["a"].array, RAMP + 1000)

    def test_are_not_what_is_put_in_place_after_a_first_look(self, way):
        vox.image(RAMP).save("k.mha")
        done = way('load k = "k.mha" save "a.mha" k + 1')
        seen = done.images["a"]
        vox.image(RAMP + 1000).save("a.mha")
        with pytest.raises(vox.Error, match="was changed, moved or deleted after it was read"):
            assert seen.array is None

    def test_that_are_gone_are_told_to_be(self, way):
        vox.image(RAMP).save("k.mha")
        done = way('load k = "k.mha" save "a.mha" k + 1')
        Path("a.mha").unlink()
        with pytest.raises(vox.Error, match="is no longer the file that was saved: it is gone"):
            assert done.images["a"] is None

    def test_are_regions_where_regions_were_saved(self, way):
        vox.image(RAMP).save("k.mha")
        found = way('load k = "k.mha" save "high.nii.gz" k > 30').images["high"]
        assert isinstance(found, vox.Region)
        assert (found & (RAMP > 40)).array.sum() == (RAMP > 40).sum()
        assert found.name == "high"


@WAYS
class TestPaths:
    def test_through_links_and_parents_and_without_extension_lead_to_a_file(self, way):
        Path("real").mkdir()
        Path("link").symlink_to("real")
        vox.image(RAMP).save("k.mha")
        text = 'load k = "k.mha" save "link/x.nii.gz" k save "y.mha" k + 1 save "real/t.csv" [[1]]'
        done = way(text)
        for path in (
            "link/x.nii.gz",
            "real/x.nii.gz",
            "link/../real/x.nii.gz",
            "real/x",
            "link/x",
            "x.nii.gz",
            "x",
            os.path.realpath("real/x.nii.gz"),
        ):
            assert done.images[path] is done.images[str(Path("link/x.nii.gz").absolute())]
        assert done.tables["link/t"] == done.tables["t"] == Path("real/t.csv").absolute()
        with pytest.raises(KeyError, match=r"no saved image `other/x`: there are x\.nii\.gz, y"):
            done.images["other/x"]

    def test_are_shown(self, way):
        vox.image(RAMP).save("k.mha")
        done = way('load k = "k.mha" save "o/x.mha" k save "y.nii.gz" k')
        assert repr(done.images) == "<saved images: x.mha, y.nii.gz>"
        assert repr(done.tables) == "<saved tables: none>"
