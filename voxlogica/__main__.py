"""`python -m voxlogica` is the command `voxlogica`."""

from voxlogica.cli import main

main()
