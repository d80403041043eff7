"""The folder that mutated copies are read from, and the count of what was tried."""

from collections import Counter

import pytest

from data import sheets
from tests.mutations.machinery import TALLY, as_text


def pytest_terminal_summary(terminalreporter):
    if TALLY:
        by = Counter()
        for (_, outcome), number in TALLY.items():
            by[outcome] += number
        told = ", ".join(f"{number:,} {outcome}" for outcome, number in sorted(by.items()))
        names = len({name for name, _ in TALLY})
        terminalreporter.write_line(
            f"mutations: {sum(by.values()):,} of {names} sources ({told})", bold=True
        )


class Shelf:
    """The published files, one of them replaced where it enters its reader."""

    def __init__(self, published, root):
        self.published, self.root = published, root
        self.real, self.sheets, self.replaced = sheets._typed_rows, {}, {}
        for folder in published.iterdir():
            if folder.is_dir():
                (root / folder.name).symlink_to(folder)

    def typed_rows(self, path, file, sheet):
        """Stand for :func:`data.sheets._typed_rows`; each sheet is read once."""
        if (file, sheet) in self.replaced:
            return self.replaced[file, sheet]
        if (file, sheet) not in self.sheets:
            self.sheets[file, sheet] = self.real(path, file, sheet)
        return self.sheets[file, sheet]

    def with_sheet(self, file, sheet, rows, read):
        """Read with other rows in a sheet."""
        width = max(map(len, rows))
        self.replaced[file, sheet] = [row + [None] * (width - len(row)) for row in rows]
        try:
            return read(self.root)
        finally:
            del self.replaced[file, sheet]

    def with_text(self, file, content, read):
        """Read with another text in a file; the others of its folder are as they were."""
        path = self.root / file
        for folder in reversed(path.relative_to(self.root).parents[:-1]):
            self._own(self.root / folder)
        path.unlink(missing_ok=True)
        path.write_text(content, "utf-8", errors="surrogatepass", newline="")
        try:
            return read(self.root)
        finally:
            path.unlink()
            path.symlink_to(self.published / file)

    def _own(self, folder):
        """Put a folder of links in the place of a link to a folder: nothing real is touched."""
        if folder.is_symlink():
            target = folder.resolve()
            folder.unlink()
            folder.mkdir()
            for path in target.iterdir():
                (folder / path.name).symlink_to(path)

    def with_rows(self, file, rows, read):
        """Read with other rows in a CSV."""
        return self.with_text(file, as_text(rows), read)


@pytest.fixture(scope="module")
def shelf(published, tmp_path_factory):
    made = Shelf(published, tmp_path_factory.mktemp("shelf"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sheets, "_typed_rows", made.typed_rows)
        yield made
