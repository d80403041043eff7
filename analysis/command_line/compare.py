"""The commands ``effectiveness structures`` and ``effectiveness engines``."""

from pathlib import Path

from analysis.command_line.options import Folder, check_places


def structures(
    config: Path,
    *,
    data_root: Folder = None,
    out: Folder = None,
    factors: tuple[int, ...] = (1, 2, 3, 4, 5),
    unstructured: bool = True,
) -> None:
    """Fit every structure to a configuration's panel; compare how they predict and sample.

    Parameters
    ----------
    config
        A TOML file, such as configs/england.toml.
    data_root
        Folder of the published files, where the configuration wants them.
    out
        Folder for structures.csv and composition.csv; runs/NAME-structures if not given.
    factors
        Numbers of factors to try in the composite.
    unstructured
        Whether to try unstructured covariances too: several minutes each.
    """
    from analysis.terminal.progress import progress_bars

    folder = out or Path("runs") / f"{config.stem}-structures"
    with progress_bars() as report:
        from analysis.comparison.compare import KIND, compare_structures, describe_structures
        from analysis.settings.config_file import check_option, read_lasting
        from analysis.settings.sources import obtain_panel
        from models.section import Factors

        checked = read_lasting(config)
        for number in factors:
            check_option("--factors", number, Factors)
        check_places(folder, KIND)
        built = obtain_panel(checked, data_root, report)
        table = compare_structures(
            checked, built, folder, factors=factors, unstructured=unstructured, report=report
        )
    print(describe_structures(table))
    print(f"Written: {folder / 'structures.csv'}")


def engines(config: Path, *, data_root: Folder = None, out: Folder = None) -> None:
    """Fit a configuration's model by every engine; say how far they are apart.

    Parameters
    ----------
    config
        A TOML file, such as configs/england.toml.
    data_root
        Folder of the published files, where the configuration wants them.
    out
        Folder for engines.csv; runs/NAME-engines if not given.
    """
    from analysis.terminal.progress import progress_bars

    folder = out or Path("runs") / f"{config.stem}-engines"
    with progress_bars() as report:
        from analysis.comparison.engines import KIND, compare_engines, describe_engines
        from analysis.settings.config_file import read_lasting
        from analysis.settings.sources import obtain_panel

        checked = read_lasting(config)
        check_places(folder, KIND)
        built = obtain_panel(checked, data_root, report)
        table = compare_engines(checked, built, folder, report=report)
    print(describe_engines(table))
    print(f"Written: {folder / 'engines.csv'}")
