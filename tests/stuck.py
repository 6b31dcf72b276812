"""The command with one operator more: it stays inside a system call, as a long kernel would."""

STUCK = """
import sys, time
from voxlogica.cli import main
from voxlogica.operators.signature import Number, operator

@operator("stuck")
def stuck(number: Number) -> Number:
    print("stuck now", file=sys.stderr, flush=True)
    time.sleep(3600)
    return number

main()
"""
