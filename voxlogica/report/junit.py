"""What came of cases as JUnit's XML, which CI systems read: a suite a run, a test case a case.

The form is that of Jenkins' junit-10.xsd, which the other readers take as well. It has no
properties of a test case: what a case prints is among those of the suite, and in the test case's
`system-out` as on standard output. Which worker of a cluster it was at is among those of the suite.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from heapq import merge
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from voxlogica.engine.cases import Case, Fault, Row
from voxlogica.syntax.printer import value_text

# What XML 1.0 has no way to write, and carriage returns, which its readers take for line ends.
_NO_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(
    programs: Sequence[str], rows: Iterable[Row], began: float, skipped: Sequence[Case] = ()
) -> str:
    """The rows of a run of `programs` that `began` at a time, in seconds since 1970.

    A false assertion is a failure of its case, what stopped the case an error; each with all that
    was said, as readers show the first one alone. Cases that were not carried out are `skipped`, at
    their place among the rows. Characters that XML forbids are shown as escapes.
    """
    suites = Element("testsuites")
    suite = SubElement(suites, "testsuite", name=_text(", ".join(programs)))
    printed = SubElement(suite, "properties")
    # Jenkins takes what is before the last dot for a package.
    of = _text(", ".join(Path(program).stem.replace(".", "_") for program in programs))
    tests, failures, errors, seconds = 0, 0, 0, 0.0
    left_out = {case.number for case in skipped}
    for name, row in named(rows, skipped):
        test = SubElement(
            suite, "testcase", classname=of, name=_text(name), time=f"{row.seconds:.3f}"
        )
        lines = [(p.name, value_text(p.value)) for p in row.prints]
        for label, value in lines:
            label = f"{name}: {label}" if row.case.columns else label
            SubElement(printed, "property", name=_text(label), value=_text(value))
        if row.by_worker:
            label = f"worker of {name}" if row.case.columns else "worker"
            SubElement(printed, "property", name=_text(label), value=_text(row.workers))
        false = [checked.fault for checked in row.asserts if checked.fault is not None]
        if row.case.number in left_out:
            SubElement(test, "skipped")
        tests, seconds = tests + 1, seconds + row.seconds
        errors += _told(test, "error", row.faults)
        failures += _told(test, "failure", () if row.failed else false)
        _stream(test, "system-out", [f"{label}={value}" for label, value in lines])
        _stream(test, "system-err", row.log)
    for element in (suites, suite):
        element.set("tests", str(tests))
        element.set("failures", str(failures))
        element.set("errors", str(errors))
        element.set("time", f"{seconds:.3f}")
    suite.set("skipped", str(len(skipped)))
    suite.set("timestamp", datetime.fromtimestamp(began, UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    if not len(printed):
        suite.remove(printed)
    indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(suites, encoding="unicode")}\n'


def named(rows: Iterable[Row], skipped: Sequence[Case] = ()) -> Iterator[tuple[str, Row]]:
    """Each row with a name of its own: its case's, with what a sweep sets where that is run often.

    There is a blank row for each case that was skipped, in the cases' order. The rows are gone
    through twice.
    """

    def in_order() -> Iterator[Row]:
        return merge(rows, map(Row, skipped), key=lambda row: row.case.number)

    first: dict[str, Row] = {}
    varying: dict[str, None] = {}
    for row in in_order():
        known = first.setdefault(row.case.name, row).case.columns
        varying |= {
            column: None for column, value in row.case.columns.items() if value != known.get(column)
        }
    for row in in_order():
        columns = row.case.columns
        settings = (f"{column}={value_text(columns.get(column, ''))}" for column in varying)
        yield row.case.name + (f" [{', '.join(settings)}]" if varying else ""), row


def _told(test: Element, kind: str, faults: Sequence[Fault]) -> bool:
    """Add what is wrong with a case, if anything is; whether it is."""
    if faults:
        told = SubElement(
            test,
            kind,
            type="assertion" if kind == "failure" else "error",
            message=_text("; ".join(fault.message for fault in faults)),
        )
        told.text = _text("\n\n".join(fault.shown for fault in faults))
    return bool(faults)


def _stream(test: Element, name: str, lines: Sequence[str]) -> None:
    if lines:
        SubElement(test, name).text = _text("".join(f"{line}\n" for line in lines))


def _text(text: str) -> str:
    """What XML can write of a text: the rest as Python's escapes."""
    return _NO_XML.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
