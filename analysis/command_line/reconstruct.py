"""The command ``effectiveness reconstruction``."""

from pathlib import Path

from analysis.command_line.options import Folder, Switch, check_places, command_line


def reconstruction(
    config: Path,
    *,
    data_root: Folder = None,
    out: Folder = None,
    every: Switch = False,
) -> None:
    """Reconstruct the study of 2016 under every combination of what it does not tell.

    Parameters
    ----------
    config
        A TOML file, such as configs/reconstruction_2016.toml.
    data_root
        Folder of the published files; the environment variable EFFECTIVENESS_DATA if not given.
    out
        Folder for the tables; runs/NAME-HASH if not given.
    every
        Print the study's table under every combination, a line each.
    """
    from analysis.terminal.progress import progress_bars

    with progress_bars() as report:
        from analysis.reconstruction.config import read_reconstruction
        from analysis.reconstruction.panel import historical_panel
        from analysis.reconstruction.run import KIND, reconstruct
        from analysis.run.identity import whole_identity

        checked = read_reconstruction(config)
        check_places(out, KIND)
        panel = historical_panel(checked, data_root, report)
        identity = whole_identity(checked, panel)
        folder = out or Path("runs") / f"{config.stem}-{identity[:12]}"
        reconstruct(checked, panel, folder, command=command_line(), report=report)
    if every:
        print((folder / "every_combination.txt").read_text("utf-8"))
    print((folder / "summary.txt").read_text("utf-8"))
    print(f"Written: {folder}")
