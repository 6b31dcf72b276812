"""Two cases never save one file, and none what another reads."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from voxlogica.cases.case_tables import Listed
from voxlogica.cases.checking import Given, taken
from voxlogica.cases.collisions import Names
from voxlogica.cases.sources import Sources, read_cases
from voxlogica.cases.sweeps import sweep
from voxlogica.engine.cases import Case
from voxlogica.language.planning import plan_programs
from voxlogica.language.workplan import Save
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


TABLE = "CASE,K,SITE\np1,a,\np2,b,s\n"


def cases(*programs: str, table: str = TABLE, by_hand=None, sweeps=(), written=None):
    Path("cases.csv").write_text(table)
    chosen = Sources("cases.csv", sweeps=(*map(sweep, sweeps),), written=written or {})
    texts = [Source(f"p{n}.imgql", text) for n, text in enumerate(programs)]
    return read_cases(chosen, texts, by_hand or {}, {}, 1).cases


def refused(*programs: str, **given) -> str:
    with pytest.raises(VoxLogicaError) as told:
        cases(*programs, **given)
    assert len(told.value.diagnostics) == 1
    return str(told.value)


PRINTED = 'print "$CASE $K $SITE" 1 '


@pytest.mark.parametrize(
    "save",
    [
        'save "$CASE.txt" "x"',
        'save "out/${K}_x.txt" "x"',
        'param name = "${CASE}_x" save "$name.txt" "x"',
        'param folder = "$K" param name = "$folder/x" save "$name.txt" "x"',
        'save "$CASE/{}.txt" for i in [1, 2] do "x"',
        'save "$CASE.txt" "x" save "$CASE.txt" "y"',
        'save "$CASE.txt" "x" save "${CASE}_2.txt" "y"',
    ],
)
def test_names_that_differ_may_be_saved(save):
    assert len(cases(PRINTED + save)) == 2


@pytest.mark.parametrize(
    ("save", "path"),
    [
        ('save "out.txt" "x"', "out.txt"),
        ('save "./out.txt" "x" save "$CASE.txt" "x"', "./out.txt"),
        ('param name = "x" save "$name.txt" "x"', "x.txt"),
        ('save "$stem.txt" "x"', "p0.txt"),
        ('save "a/../$dir/x.txt" "x"', "x.txt"),
        ('save "$D.txt" "x"', "d.txt"),
        ('save "x_{}.txt" for i in [1, 2] do "x"', "x_{}.txt"),
        ('save "out.nii.gz" "x"', "out.nii.gz"),
    ],
)
def test_two_cases_that_would_save_one_file_are_told_with_what_to_write(save, path):
    told = refused(PRINTED + save + ' print "$D" 1', by_hand={"D": "d"})
    assert f'{path} would be saved by two cases, "p1" and "p2"' in told
    assert "put `$CASE` into the name" in told
    assert "p0.imgql:1:" in told


def test_the_name_to_write_instead_is_shown():
    assert 'save "out_${CASE}.nii.gz"' in refused(PRINTED + 'save "out.nii.gz" 1')


def test_two_commands_and_two_programs():
    told = refused(
        PRINTED + 'save "$CASE.txt" "x" save "$K.txt" "y"', table="CASE,K\na,b\nb,c\n"
    ).splitlines()
    assert 'b.txt would be saved by two cases, "b" and "a"' in told[0]
    assert "one saves it here (p0.imgql:1:" in "".join(told)
    other = 'print "$CASE" 1 save "$stem.txt" "x"'
    assert "p1.txt would be saved" in refused(PRINTED + 'save "$CASE.csv" 1', other)


def test_links_lead_to_one_file():
    Path("a").mkdir()
    os.symlink("a", "b")  # noqa: PTH211
    assert "saved by two cases" in refused(PRINTED + 'save "$K/x.txt" "x"')
    os.symlink("p2.txt", "p1.txt")  # noqa: PTH211
    assert "saved by two cases" in refused(PRINTED + 'save "$CASE.txt" "x"')


def test_a_number_is_in_a_name_as_it_is_printed():
    program = PRINTED + 'param x = 1 save "$x.txt" "x"'
    assert "2.txt would be saved" in refused(program, table="CASE,x,K,SITE\na,2,,\nb,2.0,,\n")
    assert len(cases(program, table="CASE,x,K,SITE\na,,,\nb,2.0,,\n")) == 2


class TestSweeps:
    PROGRAM = PRINTED + "param x = 1 param y = 1 "

    def test_each_combination_saves_its_own(self):
        program = self.PROGRAM + 'save "${CASE}_$x.txt" "x"'
        assert len(cases(program, sweeps=["x=1,2"])) == 4
        told = refused(program, sweeps=["x=1,2", "y=1,2"])
        assert 'p1_1.txt would be saved by two cases, "p1" with x=1, y=1 and "p1" with' in told
        assert "put `$y` into the name" in told

    def test_all_that_a_name_lacks_is_told_at_once(self):
        for save, put in (
            ("${CASE}.txt", '`$x` and `$y` into the name: `save "${CASE}_${x}_${y}.txt"`'),
            ("out.txt", '`$CASE` and `$x` and `$y` into the name: `save "out_${CASE}_${x}_${y}'),
            ("$y.txt", "`$CASE` and `$x` into"),
        ):
            program = self.PROGRAM + f'save "{save}" "x"'
            assert f"put {put}" in refused(program, sweeps=["x=1,2", "y=1,2"])
        # What is swept and has one value tells nothing apart.
        assert "put `$y` into" in refused(
            self.PROGRAM + 'save "$CASE.txt" "x"', sweeps=["x=1", "y=1,2"]
        )

    def test_a_default_may_tell_them_apart(self):
        program = self.PROGRAM + 'param n = "${CASE}_$x" save "$n.txt" "x"'
        assert len(cases(program, sweeps=["x=1:100:1"])) == 200

    def test_many_are_looked_at(self):
        table = "CASE,K,SITE\n" + "".join(f"p{n},,\n" for n in range(100))
        program = self.PROGRAM + 'save "out/$CASE/$x.txt" "x"'
        assert len(cases(program, table=table, sweeps=["x=1:200:1"])) == 20_000


class TestWhatIsRead:
    def test_what_another_case_loads_is_not_saved(self):
        told = refused(PRINTED + 'load i = "$K.nii" save "$CASE.nii" i', table="CASE,K\na,b\nb,c\n")
        assert 'b.nii would be saved by the case "b", and is loaded by "a"' in told
        assert "loaded here (p0.imgql:1:" in told

    def test_what_the_case_itself_loads_is_no_matter_of_cases(self):
        assert cases(PRINTED + 'load i = "$CASE.nii" save "$CASE.nii" i')

    def test_what_others_of_its_sweep_load_is_not_saved(self):
        program = PRINTED + 'param x = 1 load i = "$K.nii" save "$x.nii" i'
        told = refused(program, table="CASE,K\na,2\n", sweeps=["x=1,2"])
        assert 'saved by the case "a" with x=2, and is loaded by "a" with x=1' in told
        told = refused(program, table="CASE,K\na,1\n", sweeps=["x=1,2"])
        assert 'saved by the case "a" with x=1, and is loaded by "a" with x=2' in told

    def test_files_of_the_command_are_not_saved(self):
        written = {"./t.csv": "what `--csv` writes"}
        told = refused(PRINTED + 'save "t.csv" 1', written=written)
        assert "t.csv is what `--csv` writes, and would be lost" in told

    def test_what_is_saved_is_no_case_of_the_next_run(self):
        Path("d").mkdir()
        for name in ("a", "b"):
            Path(f"d/{name}.nii").touch()

        def cases_of(save: str):
            program = f'load i = "d/$CASE.nii" save "{save}" i'
            return read_cases(Sources("d/{CASE}.nii"), [Source("p", program)], {}, {}, 1).cases

        assert len(cases_of("out/${CASE}.nii")) == len(cases_of("d/${CASE}.png")) == 2
        with pytest.raises(VoxLogicaError) as told:
            cases_of("d/${CASE}_seg.nii")
        assert 'd/a_seg.nii, which the case "a" saves, would be a case' in str(told.value)
        # What it loads itself is told where it is planned.
        assert len(cases_of("d/$CASE.nii")) == 2


VARIABLES = ("A", "AB", "A_B", "k", "kk", "N", "stem")
MENTION = st.sampled_from(
    [*(f"${n}" for n in VARIABLES), *(f"${{{n}}}" for n in VARIABLES), "_", "x"]
)
DEFAULT = st.sampled_from(["1", "0.5", "true", '"x"', "[1, 2]", '"$A"', '"${AB}_$k"', '"$stem$N"'])


@given(
    st.dictionaries(st.sampled_from(["k", "kk", "N"]), DEFAULT),
    st.lists(MENTION, min_size=1, max_size=5),
    st.dictionaries(st.sampled_from(VARIABLES), st.sampled_from(["", "1", "1.0", "v", "true"])),
    st.dictionaries(st.sampled_from(VARIABLES), st.sampled_from(["7", "7.0", "u"])),
)
def test_the_name_of_a_file_is_the_one_that_it_has_in_the_plan(defaults, mentions, cells, by_hand):
    program = "".join(f"param {name} = {default} " for name, default in defaults.items())
    program += (
        f'save "{"".join(mentions)}.txt" "x" print "{" ".join(f"${n}" for n in VARIABLES)}" 1'
    )
    by_hand = {name: value for name, value in by_hand.items() if name not in cells}
    columns = ("case", *cells)
    listed = Listed("t.csv", columns, [("c", *cells.values())], [2])
    for_all = Given(by_hand)
    try:
        found = taken(listed, [Source("p", program)], for_all, 1)
    except VoxLogicaError:
        assume(False)
    case = Case(0, "c", dict(zip(columns, listed.rows[0], strict=True)), found.sets[0])
    outline = found.groups[0].outline
    planned = plan_programs(
        [Source("p", program)],
        definitions={**by_hand, **case.definitions},
        dialect=1,
        open_image=None,
    )
    assume(not planned.errors)
    (path,) = (goal.path for goal in planned.plan.goals if isinstance(goal, Save))
    assert Names(outline, for_all, columns).path(outline.saves[0], case, case.sets) == path
