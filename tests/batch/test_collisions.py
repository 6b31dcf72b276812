"""Two cases never save one file, and none what another reads."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import assume, given
from hypothesis import strategies as st

from voxlogica.batch.case_files import FileNames
from voxlogica.batch.case_tables import Listed
from voxlogica.batch.checking import GivenToCases, Outlines, taken
from voxlogica.batch.sources import Sources, read_cases
from voxlogica.batch.sweeps import sweep
from voxlogica.engine.cases import Case
from voxlogica.language.planning import plan_programs
from voxlogica.language.workplan import Save
from voxlogica.syntax.diagnostics import VoxLogicaError, render
from voxlogica.syntax.printer import value_text
from voxlogica.syntax.source import Source


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


TABLE = "CASE,K,SITE\np1,a,\np2,b,s\n"


def cases(
    *programs: str,
    table: str = TABLE,
    by_hand=None,
    sweeps=(),
    written=None,
    pattern: str | None = None,
    objects=None,
):
    Path("cases.csv").write_text(table)
    Path("cases.json").write_text(json.dumps(objects))
    source = pattern or ("cases.csv" if objects is None else "cases.json")
    chosen = Sources(source, sweeps=(*map(sweep, sweeps),), outputs=written or {})
    texts = [Source(f"p{n}.imgql", text) for n, text in enumerate(programs)]
    return read_cases(chosen, texts, by_hand or {}, {}, 1).cases


def image(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        sitk.WriteImage(sitk.GetImageFromArray(np.zeros((5, 6), np.float32)), name)


def refused(*programs: str, **given) -> str:
    with pytest.raises(VoxLogicaError) as told:
        cases(*programs, **given)
    (one,) = told.value.diagnostics
    return render(one)


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
        with pytest.raises(VoxLogicaError, match="would save over what they load: d/a"):
            cases_of("d/$CASE.nii")

    def test_what_another_case_is_made_of_is_not_saved(self):
        image("d/a.nii", "d/b.nii")
        program = 'param K = 1 print "$CASE" 1 save "d/b.nii" [1, 2]'
        told = refused(program, pattern="d/{CASE}.nii")
        assert 'd/b.nii would be saved by the case "a", and is what makes the case "b"' in told

    @pytest.mark.parametrize(
        ("pattern", "save"),
        [
            ("d/{CASE}/", "d/out_$CASE/m.txt"),
            ("d/{CASE}", "d/out_$CASE/m.txt"),
            ("d/{CASE}/i.nii", "HERE/d/out_$CASE/i.nii"),
            ("HERE/d/{CASE}/i.nii", "d/out_$CASE/i.nii"),
            ("link/{CASE}/i.nii", "d/out_$CASE/i.nii"),
            ("d/{CASE}/{SCAN}.nii", "d/$CASE/seg_{}.nii"),
        ],
    )
    def test_wherever_it_is_said(self, folder, pattern, save):
        image("d/a/i.nii", "d/b/i.nii")
        os.symlink("d", "link")  # noqa: PTH211
        saved = "[i, i]" if "{}" in save else '"x"' if "txt" in save else "i"
        program = f'load i = "d/$CASE/i.nii" save "{save.replace("HERE", str(folder))}" {saved}'
        told = refused(program, pattern=pattern.replace("HERE", str(folder)))
        assert 'the case "a' in told
        assert "would be a case of the next run" in told

    @pytest.mark.parametrize("table", ["d/t.csv", "d/b.nii", "d/new/t.csv"])
    def test_a_table_is_no_case(self, table):
        image("d/a.nii", "d/b.nii")
        told = refused(
            'print "$CASE" 1', pattern="d/{CASE}", written={table: "what `--csv` writes"}
        )
        assert f"{table} is what `--csv` writes, and" in told
        assert "the pattern of the cases matches it" in told


class TestWhatACaseSavesOver:
    """What it loads itself, from which a run that goes on would compute other numbers."""

    def test_is_told_once_for_all_cases_with_a_name_to_take(self):
        program = PRINTED + 'load t = "sz/$CASE/t.nii" save "sz/$CASE/t.nii" t'
        table = "CASE,K,SITE\n" + "".join(f"p{n},,\n" for n in range(50))
        told = refused(program, table=table)
        assert told.startswith("p0.imgql:1:")
        said = "50 cases would save over what they load: sz/p0/t.nii, sz/p1/t.nii, sz/p2/t.nii and"
        assert f"{said} 47 more" in told
        assert 'another name, such as `save "out/sz/$CASE/t.nii"`: a run that is stopped' in told
        assert len(cases(program.replace('save "', 'save "out/'), table=table)) == 50

    def test_may_be_of_one_case_or_of_combinations(self):
        program = PRINTED + 'param x = 1 load i = "$K.nii" save "${CASE}_$x.nii" i'
        told = refused(program, table="CASE,K\na,a_1\nb,c\n")
        assert 'the case "a" would save over what it loads: a_1.nii' in told
        program = PRINTED + 'param x = 1 load i = "${CASE}_$x.nii" save "${CASE}_$x.nii" i'
        told = refused(program, sweeps=["x=1,2"])
        assert (
            "4 combinations of 2 cases would save over what they load: p1_1.nii, p1_2.nii" in told
        )

    def test_may_be_there_by_another_name(self, folder):
        os.symlink("p1.nii", "link.nii")  # noqa: PTH211
        program = f'load i = "./$CASE.nii" print "$K" 1 save "{folder}/$K.nii" i'
        told = refused(program, table="CASE,K\np1,link\n")
        assert f'"p1" would save over what it loads: {folder}/link.nii' in told
        assert "such as" not in told

    def test_may_be_a_file_of_a_sequence(self):
        image("p1_001.nii", "p2_001.nii")
        program = PRINTED + 'load i = "${CASE}_001.nii" save "${CASE}_{}.nii" '
        told = refused(program + "[i, i]")
        assert "2 cases would save over what they load: p1_001.nii, p2_001.nii" in told
        assert cases(program + "[i]")

    def test_may_be_read_by_a_name_that_is_computed(self):
        image("p1.nii", "p2.nii")
        program = 'import "simpleitk" let i = ReadImage(concat("$CASE", ".nii")) print "v" max(i)'
        told = refused(f'{program} save "$CASE.nii" i')
        assert "2 cases would save over what they load: p1.nii, p2.nii" in told
        assert cases(f'{program} save "out/$CASE.nii" i')

    def test_may_be_what_the_pattern_matches(self):
        image("d/a.nii", "d/b.nii")
        for save in ('"d/$CASE.nii" 1', '"d/$CASE.txt" "x" save "d/$CASE.nii" [1, 2]'):
            told = refused(f"save {save}", pattern="d/{CASE}.nii")
            assert "2 cases would save over what makes them cases: d/a.nii, d/b.nii" in told

    def test_is_not_told_of_what_is_wrong_otherwise(self):
        image("d/a.nii", "d/b.nii")
        told = refused('print "$CASE" 1 save "d/a.nii" 1', pattern="d/{CASE}.nii")
        assert "d/a.nii would be saved by the case" in told

    def test_another_file_in_a_folder_that_it_loads_is_its_own(self):
        assert cases(PRINTED + 'load i = "scans/$CASE" save "scans/$CASE/mask.nii" i')


class TestNumberedFiles:
    """Of a sequence, whose files are numbered."""

    @pytest.mark.parametrize(
        "saves",
        [
            'save "$CASE.txt" "x" save "${CASE}_{}.txt" ["x", "y"]',
            'save "$CASE.nii" i save "$CASE.nii" [i, i, i]',
            'save "$CASE.nii" i let s = for k in [1, 2] do i save "${CASE}.nii" s',
            'save "$CASE.nii" [i, i] save "$CASE.nii" [[i], [i, i]]',
        ],
    )
    @pytest.mark.parametrize("names", [("a", "a_000"), ("a_000", "a"), ("a", "b", "a_001")])
    def test_two_cases_do_not_save_one(self, saves, names):
        image("i.nii")
        table = "\n".join(["CASE", *names])
        told = refused(f'load i = "i.nii" print "$CASE" 1 {saves}', table=table)
        assert " would be saved by two cases" in told

    def test_what_another_case_loads_is_not_saved(self):
        image("a.nii", "a_000.nii")
        table = "CASE\na\na_000\n"
        told = refused('load i = "$CASE.nii" save "${CASE}_{}.nii" [i, i]', table=table)
        assert 'a_000.nii would be saved by the case "a", and is loaded by "a_000"' in told

    def test_what_the_command_writes_is_not_saved(self):
        written = {"p2_001.csv": "what `--csv` writes"}
        told = refused(PRINTED + 'save "${CASE}_{}.csv" [[[1]], [[2]]]', written=written)
        assert "p2_001.csv is what `--csv` writes, and would be lost" in told

    @pytest.mark.parametrize(
        ("save", "names"),
        [
            ('save "$CASE.nii" i', ("a", "a_000")),  # no sequence
            ('save "$CASE.nii" [i, i]', ("a", "a_000")),
            ('save "$CASE.nii" i save "$CASE/{}.nii" [i, i]', ("a", "a_000")),
            ('save "$CASE.nii" i save "${CASE}_{}.nii" [i, i]', ("a", "a_002")),  # not so many
            ('save "$CASE.nii" i save "${CASE}_{}.nii" [i, i]', ("a", "a_00")),
        ],
    )
    def test_names_may_look_like_numbered_ones(self, save, names):
        image("i.nii")
        table = "\n".join(["CASE", *names])
        assert cases(f'load i = "i.nii" print "$CASE" 1 {save}', table=table)


class TestNamesThatAreComputed:
    @pytest.mark.parametrize(
        "name", ['"out/a.nii"', 'concat("out/", "a.nii")', '"out/$OTHER.nii"', '"$D/a.nii"']
    )
    def test_what_another_case_reads_is_not_saved(self, name):
        image("a.nii", "b.nii", "out/a.nii")
        program = (
            f'import "simpleitk" print "v" max(ReadImage({name}))'
            ' load i = "$CASE.nii" save "out/$CASE.nii" i print "$D$OTHER" 1'
        )
        told = refused(program, table="CASE,OTHER\na,a\nb,a\n", by_hand={"D": "out"})
        assert 'out/a.nii would be saved by the case "a", and is loaded by "b"' in told

    def test_nor_what_is_there_only_when_the_other_has_saved_it(self):
        image("a.nii", "b.nii")
        program = (
            'import "simpleitk" print "v" max(ReadImage("$OTHER.nii"))'
            ' load i = "$CASE.nii" save "out/$CASE.nii" i'
        )
        told = refused(program, table="CASE,OTHER\na,b\nb,out/a\n")
        assert 'out/a.nii would be saved by the case "a", and is loaded by "b"' in told

    def test_what_is_written_by_an_operator(self):
        image("i.nii")
        program = (
            'import "simpleitk" load i = "i.nii" print "$CASE" WriteImage(i, concat("o", ".nii"))'
        )
        assert 'o.nii would be saved by two cases, "a" and "b"' in refused(
            program, table="CASE\na\nb\n"
        )
        assert cases(program.replace('"o"', '"$CASE"'), table="CASE\na\nb\n")


def test_a_file_of_one_case_is_no_folder_of_another():
    program = PRINTED + 'save "x/$K/out.txt" "x"'
    told = refused(program, table="CASE,K\na,q\nb,q/out.txt\n")
    assert 'x/q/out.txt would be saved by the case "a", and be a folder for' in told
    assert 'x/q/out.txt/out.txt, which "b" saves' in told
    assert len(cases(program, table="CASE,K\na,q\nb,q/out\n")) == 2


class TestValuesThatAreEqual:
    """1, 1.0 and true; 0.0 and -0.0: each is written as it is, whatever came before it."""

    @pytest.mark.parametrize("one", [True, 1, 1.0, 0.0, -0.0, "1", "0"])
    def test_names_of_files(self, one):
        for other in (True, 1, 1.0, 0.0, -0.0, "1", "0"):
            rows = [{"case": n, "x": v} for n, v in (("a", one), ("b", other))]
            program = 'print "$case" 1 save "$x.txt" "x"'
            if value_text(one) == value_text(other):
                assert "saved by two cases" in refused(program, objects=rows)
            else:
                assert len(cases(program, objects=rows)) == 2

    def test_what_parameters_take(self):
        rows = [{"case": "a", "flip": True}, {"case": "b", "flip": 1}]
        assert "`flip` cannot be set to `1`" in refused(
            'param flip = true print "x" flip', objects=rows
        )


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
    for_all = GivenToCases(by_hand)
    try:
        found = taken(listed, Outlines([Source("p", program)], 1, frozenset()), for_all)
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
    assert FileNames(outline, for_all, columns).path(outline.saves[0], case, case.sets) == path
