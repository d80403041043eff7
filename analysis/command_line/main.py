"""The command line: one function a command, and faults in one line.

Libraries that sample are imported by the commands that sample, so that ``--help`` and
``--version`` answer at once.
"""

import importlib.metadata
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from analysis.command_line.compare import engines, structures
from analysis.command_line.design import design
from analysis.command_line.options import (
    IN_PROCESSES,
    Execution,
    Folder,
    Switch,
    check_places,
    command_line,
)
from analysis.command_line.reconstruct import reconstruction

app = App(
    name="effectiveness",
    help="Do inspectors' judgements and published indicators of children's services agree?",
    version=importlib.metadata.version("authority-effectiveness"),
    # Said by `main`, with what is kept.
    suppress_keyboard_interrupt=False,
)

app.command(reconstruction)
app.command(structures)
app.command(engines)
app.command(design)


@app.command
def run(
    config: Path,
    *,
    data_root: Folder = None,
    out: Folder = None,
    seed: int | None = None,
) -> None:
    """Run a configuration: panel, fits, evidence, report.

    Parameters
    ----------
    config
        A TOML file, such as configs/demo.toml.
    data_root
        Folder of the published files, where the configuration wants them.
    out
        Where the run's folder is to stand; runs/NAME-HASH if not given.
    seed
        Seed of every random number, in place of the configuration's.
    """
    from analysis.terminal.progress import progress_bars

    with progress_bars() as report:
        from analysis.run.identity import report_identity
        from analysis.run.run import KIND
        from analysis.run.run import run as compute
        from analysis.settings.config_file import check_option, read_config
        from analysis.settings.sources import named_folder, obtain_panel
        from data.folders import is_finished
        from models.section import Seed

        checked = read_config(config)
        check_places(out, KIND)
        if seed is not None:
            checked = checked.with_seed(check_option("--seed", seed, Seed))
        panel = obtain_panel(checked, data_root, report)
        identity = report_identity(checked, panel)
        folder = out or Path("runs") / f"{config.stem}-{identity[:12]}"
        known = is_finished(folder, KIND, identity)
        compute(
            checked,
            panel,
            folder,
            command=command_line(),
            data_root=named_folder(data_root),
            report=report,
        )
    if known:
        print("This run was computed before; nothing was computed again.")
    _say_what_was_found(folder, checked.dynamic is not None)


@app.command
def weigh(run: Path, config: Path | None = None, *, out: Folder = None) -> None:
    """Weigh a finished run's evidence again, from its own fits, and write its report.

    Parameters
    ----------
    run
        Folder of a finished run.
    config
        The run's configuration with other keys under [evidence]; the run's own if not given.
    out
        Where the result is to stand; in the place of the run if not given.
    """
    from analysis.terminal.progress import progress_bars

    with progress_bars() as report:
        from analysis.run.again import weigh_again
        from analysis.run.run import KIND
        from analysis.settings.config_file import read_lasting

        check_places(out, KIND)
        wanted = None if config is None else read_lasting(config)
        folder = weigh_again(run, wanted, out, command=command_line(), report=report)
    _say_what_was_found(folder, dynamic=False)


@app.command
def panel(config: Path, *, data_root: Folder = None, out: Folder = None) -> None:
    """Build a configuration's panel; say, and draw on a page, what it holds and lacks.

    Parameters
    ----------
    config
        A TOML file, such as configs/england.toml.
    data_root
        Folder of the published files, where the configuration wants them.
    out
        Folder for panel.nc, coverage.html and their tables; runs/NAME-panel if not given.
    """
    from analysis.terminal.progress import progress_bars

    with progress_bars() as report:
        from analysis.command_line.panel_summary import KIND, write_panel
        from analysis.settings.config_file import read_config
        from analysis.settings.sources import named_folder, obtain_panel
        from data.coverage import describe

        checked = read_config(config)
        place = out or Path("runs") / f"{config.stem}-panel"
        check_places(place, KIND, samples=False)
        built = obtain_panel(checked, data_root, report)
        report("coverage page", 0, 1)
        folder = write_panel(built, place, named_folder(data_root))
        report("coverage page", 1, 1)
    print(describe(built))
    print(f"Written: {folder / 'panel.nc'}")
    print(f"Page: {folder / 'coverage.html'}")


@app.command
def priors(
    config: Path, *, data_root: Folder = None, out: Folder = None, draws: int = 500
) -> None:
    """Show on a page a configuration's priors, and what they say of observable things.

    Parameters
    ----------
    config
        A TOML file, such as configs/england.toml.
    data_root
        Folder of the published files, where the configuration wants them.
    out
        Folder for priors.html, priors.json and figures; runs/NAME-priors if not given.
    draws
        Data sets to draw from the priors.
    """
    from analysis.terminal.progress import progress_bars

    folder = out or Path("runs") / f"{config.stem}-priors"
    with progress_bars() as report:
        from analysis.priors_page.build import KIND, write_priors_page
        from analysis.settings.config_file import check_option, read_lasting
        from analysis.settings.sources import obtain_panel
        from models.section import Draws

        checked = read_lasting(config)
        check_option("--draws", draws, Draws)
        check_places(folder, KIND)
        built = obtain_panel(checked, data_root, report)
        page = write_priors_page(checked, built, folder, draws, report)
    print(f"Page: {page}")


sensitivity = App(name="sensitivity", help="Hundreds of specifications: one table, one picture.")
app.command(sensitivity)


@sensitivity.default
def run_sensitivity(
    config: Path,
    *,
    data_root: Folder = None,
    out: Folder = None,
    execution: Execution = IN_PROCESSES,
) -> None:
    """Fit every specification of a grid; screen all, sample some, draw the curve.

    Parameters
    ----------
    config
        A TOML file, such as configs/sensitivity.toml.
    data_root
        Folder of the published files, where the configuration wants them.
    out
        Folder of results, which may hold some already; runs/NAME if not given.
    execution
        How the tasks are executed.
    """
    from analysis.terminal.progress import progress_bars

    folder = out or Path("runs") / config.stem
    with progress_bars() as report:
        from analysis.execution.progress import shown
        from analysis.sensitivity.grid import read_grid
        from analysis.sensitivity.plan import Planner
        from analysis.sensitivity.run import KIND, prospect, run_grid
        from analysis.sensitivity.words import describe_prospect, describe_results

        grid = read_grid(config)
        cluster = execution.cluster()
        if not execution.dry_run:
            check_places(folder, KIND, inside=True)
        planner = Planner(grid.specifications, folder, data_root, report)
    if execution.dry_run:
        print(describe_prospect(grid, prospect(grid, planner, folder, cluster)))
        return
    with shown("specifications") as watch:
        run_grid(
            grid,
            planner,
            folder,
            cluster=cluster,
            retry_failed=execution.retry_failed,
            watch=watch,
        )
    print(describe_results(folder))


@sensitivity.command
def show(folder: Path) -> None:
    """Say what a grid found.

    Parameters
    ----------
    folder
        That a grid wrote.
    """
    from analysis.sensitivity.words import describe_results

    print(describe_results(folder))


@app.command
def report(
    *runs: Path,
    pdf: Switch = False,
    authority: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    out: Folder = None,
) -> None:
    """Write a finished run's report again, or set several runs side by side.

    Parameters
    ----------
    runs
        Folders of finished runs. One: its own report.html. Several, up to six: a page on
        which they stand side by side, the first compared with each other.
    pdf
        Print it as well: A4, with page numbers and a table of contents.
    authority
        Code or name of an authority whose own part the PDF of one run is to hold; may be
        repeated.
    out
        Where the page about several runs is to stand; runs/comparison-HASH if not given.
    """
    page = (
        _one_report(runs[0], pdf, authority, out)
        if len(runs) == 1
        else _several(runs, pdf, authority, out)
    )
    print(f"Report: {page}")
    if pdf:
        print(f"PDF: {page.with_suffix('.pdf')}")


@app.command
def fetch(
    *,
    into: Folder = None,
    take_from: Annotated[Path | None, Parameter(name="--from", negative="")] = None,
    check: Folder = None,
    files: Annotated[str, Parameter(name="--set")] = "all",
    replace: Switch = False,
) -> None:
    """Get the published files, each checked against its registered sha256.

    Parameters
    ----------
    into
        Folder to fill; the user's cache folder if not given.
    take_from
        Take the files from this folder in place of the network.
    check
        Fetch nothing; say what this folder lacks or holds with other bytes.
    files
        Which files: all, release-2025, or a folder of the register.
    replace
        Replace files that are there with other bytes.
    """
    from analysis.terminal.progress import progress_bars
    from data.fetch import default_folder, fetch_files
    from data.sources import check_folder, choose_sources

    sources = choose_sources(files)
    if check is not None:
        result = check_folder(check, sources)
        print(result.text())
        if not result.complete:
            sys.exit(1)
        return
    with progress_bars() as report:
        done = fetch_files(
            sources, into or default_folder(), take_from=take_from, replace=replace, report=report
        )
    print(f"{done.folder}: {len(done.got)} files fetched, {len(done.there)} were there.")


def main() -> None:
    """Answer the command line; a reader's fault is one line and exit code 2."""
    from analysis.terminal.answer import answer

    sys.exit(answer(lambda: app()))


def _one_report(run: Path, pdf: bool, authority: tuple[str, ...], out: Path | None) -> Path:
    """Write one run's report into its own folder."""
    from analysis.files.read_table import ReportError
    from analysis.report.build import write_report
    from data.folders import held

    if out is not None:
        raise ReportError(
            f"--out {out}: one run's report stands in the run's own folder. Leave --out away."
        )
    with held(run):
        return write_report(run, pdf=pdf, authorities=authority)


def _several(
    runs: tuple[Path, ...], pdf: bool, authority: tuple[str, ...], out: Path | None
) -> Path:
    """Write the page about several runs."""
    from analysis.files.read_table import ReportError
    from analysis.side_by_side.build import write_comparison

    if authority:
        raise ReportError("--authority is for the PDF of one run. Name one run, or drop it.")
    return write_comparison(runs, out, pdf=pdf)


def _say_what_was_found(folder: Path, dynamic: bool) -> None:
    """Print the evidence and where the report stands."""
    text = (folder / "evidence.json").read_text("utf-8")
    if dynamic:
        from analysis.dynamic.record import DynamicEvidence

        print(DynamicEvidence.model_validate_json(text))
    else:
        from analysis.record.evidence import Evidence

        print(Evidence.from_json(text))
    print(f"Report: {folder / 'report.html'}")


if __name__ == "__main__":
    main()
