"""The options of runs on a cluster."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from voxlogica.cli.options import WholeNumber, together
from voxlogica.cli.reporting import ToldError, complaint

if TYPE_CHECKING:
    from voxlogica.cluster.options import ClusterOptions

SCHEDULER = "VOXLOGICA_SCHEDULER"
_SHARED = {"sends_inputs": "--send-inputs", "fetches_outputs": "--fetch-outputs"}

cluster_options = together(
    click.option(
        "--scheduler",
        metavar="ADDRESS|FILE",
        envvar=SCHEDULER,
        help="Have the workers of a Dask cluster compute, whose scheduler has this address (such as"
        f" tcp://host:8786) or file; otherwise ${SCHEDULER}.",
    ),
    click.option(
        "--workers",
        type=WholeNumber(min=1),
        metavar="N",
        help="Have N processes of this machine compute, which end with the run.",
    ),
    click.option(
        "--send-inputs",
        "sends_inputs",
        is_flag=True,
        help="Send images to workers that do not have them under the same path.",
    ),
    click.option(
        "--fetch-outputs",
        "fetches_outputs",
        is_flag=True,
        help="Have workers send back what is saved, where they do not share the folder.",
    ),
)


def chosen_cluster(options: dict[str, Any], quiet: bool) -> ClusterOptions | None:
    """Take the cluster out of the options, if they say one. Raises UsageError."""
    scheduler, workers = options.pop("scheduler"), options.pop("workers")
    shared = {name: options.pop(name) for name in _SHARED}
    source = click.get_current_context().get_parameter_source("scheduler")
    if workers is not None:
        if scheduler is not None and source is ParameterSource.COMMANDLINE:
            said = "--scheduler is a cluster that runs, --workers makes one: not both"
            raise click.UsageError(said)
        scheduler = None
    if scheduler == "":
        said = "--scheduler has no address: it is such as tcp://host:8786, or a file"
        raise click.UsageError(said)
    if scheduler is None and workers is None:
        for name, option in _SHARED.items():
            if shared[name]:
                raise click.UsageError(f"{option} goes with --scheduler or --workers")
        return None
    if find_spec("distributed") is None:
        hint = "install it: `pip install 'voxlogica[cluster]'`"
        lacking = complaint("a cluster needs the package distributed", hint=hint)
        raise ToldError(lacking.diagnostics)
    from voxlogica.cli.progress import note
    from voxlogica.cluster.options import ClusterOptions

    return ClusterOptions(scheduler, workers, **shared, tell=note, is_quiet=quiet)
