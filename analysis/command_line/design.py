"""The command ``effectiveness design``."""

from pathlib import Path

from analysis.command_line.options import (
    IN_PROCESSES,
    Execution,
    Folder,
    check_places,
    command_line,
)


def design(
    config: Path,
    *,
    data_root: Folder = None,
    out: Folder = None,
    execution: Execution = IN_PROCESSES,
) -> None:
    """Simulate a study many times; say what it could have seen.

    Parameters
    ----------
    config
        A TOML file, such as configs/design_2016.toml.
    data_root
        Folder of the published files, where the template wants them.
    out
        Folder for tables and figures, which may hold some blocks already; runs/NAME-HASH if not
        given.
    execution
        How the tasks are executed.
    """
    from analysis.terminal.progress import progress_bars

    with progress_bars() as report:
        from analysis.design.config import read_design
        from analysis.design.run import KIND, block_tasks
        from analysis.design.run import design as compute
        from analysis.design.template import template_panel
        from analysis.design.words import describe_plan
        from analysis.execution.progress import shown
        from analysis.execution.store import Store
        from analysis.run.identity import whole_identity
        from data.folders import folder_so_far

        checked = read_design(config)
        if not execution.dry_run:
            check_places(out, KIND)
        panel = template_panel(checked, data_root, report)
    identity = whole_identity(checked, panel)
    folder = out or Path("runs") / f"{config.stem}-{identity[:12]}"
    if execution.dry_run:
        tasks = list(block_tasks(checked, folder, identity))
        store = Store(folder_so_far(folder, identity) / "blocks")
        print(describe_plan(checked, len(tasks), sum(store.finished(one.key) for one in tasks)))
        return
    with shown("blocks") as watch:
        compute(
            checked,
            panel,
            folder,
            cluster=execution.cluster(),
            retry_failed=execution.retry_failed,
            command=command_line(),
            watch=watch,
        )
    print((folder / "summary.txt").read_text("utf-8"))
    print(f"Written: {folder}")
