"""Ways to change one table or text, each in a random place."""


class Grid:
    """A table's rows, its header, and random places in it."""

    def __init__(self, target, rows, rng):
        self.rows, self.rng = [list(row) for row in rows], rng
        names = [[" ".join(str(cell).split()) for cell in row] for row in self.rows[:12]]
        wanted = set(target.columns) or {"area_code", "LTLA23CD", "Year", "old_la_code"}
        self.header = max(range(len(names)), key=lambda at: len(wanted & set(names[at])))
        self.names = names[self.header]
        read = [at for at, name in enumerate(self.names) if name in target.columns]
        self.read = read or [at for at, name in enumerate(self.names) if name]
        self.body = [at for at in range(self.header + 1, len(self.rows)) if any(self.rows[at])]

    def row(self):
        return self.rng.choice(self.body)

    def is_number(self, cell):
        try:
            return bool(str(cell).strip()) and float(str(cell)) >= 0
        except ValueError:
            return False

    def numeric(self, among=None):
        """Columns that mostly hold numbers in a sample of rows."""
        sample = [self.rows[at] for at in self.rng.sample(self.body, min(40, len(self.body)))]
        return [
            at
            for at in (among or range(len(self.names)))
            if sum(at < len(row) and self.is_number(row[at]) for row in sample) > len(sample) / 3
        ]

    def number(self):
        """A place that holds a number which is read; none after many tries."""
        columns = self.numeric(self.read)
        for _ in range(200 if columns else 0):
            at, column = self.row(), self.rng.choice(columns)
            if column < len(self.rows[at]) and self.is_number(self.rows[at][column]):
                return at, column
        return None


def pad_column(grid):
    column = grid.rng.choice(grid.read)
    for at in grid.body:
        if column < len(grid.rows[at]) and isinstance(grid.rows[at][column], str):
            grid.rows[at][column] += "  "
    return f"pad column {grid.names[column]}"


def pad_cell(grid):
    at, column = grid.row(), grid.rng.choice(grid.read)
    if column < len(grid.rows[at]) and isinstance(grid.rows[at][column], str):
        grid.rows[at][column] = f" {grid.rows[at][column]} "
    return f"pad row {at} {grid.names[column]}"


def cut_table(grid):
    at = grid.row()
    del grid.rows[at:]
    return f"keep rows up to {at}"


def header_alone(grid):
    del grid.rows[grid.header + 1 :]
    return "header alone"


def drop_rows(grid):
    number = grid.rng.choice([1, 1, 2, 5, 20, 60])
    for at in sorted(grid.rng.sample(grid.body, min(number, len(grid.body))), reverse=True):
        del grid.rows[at]
    return f"drop {number} rows"


def cut_year(grid):
    """Drop half of the rows that hold one year, or of any."""
    years = [at for at, name in enumerate(grid.names) if name in ("time_period", "Time period")]
    year = grid.rows[grid.row()][years[0]] if years else None
    of = [at for at in grid.body if not years or grid.rows[at][years[0]] == year]
    for at in reversed(of[len(of) // 2 :]):
        del grid.rows[at]
    return f"cut half of {year}"


def repeat_row(grid):
    at = grid.row()
    grid.rows.insert(grid.row(), list(grid.rows[at]))
    return f"repeat row {at}"


def shorten_rows(grid):
    """Cut every second row short."""
    keep = grid.rng.randrange(2, len(grid.names))
    for at in grid.body[::2]:
        del grid.rows[at][keep:]
    return f"cut every second row to {keep} cells"


def swap_columns(grid):
    """Exchange a column that is read with another of numbers."""
    own = grid.numeric(grid.read)
    others = grid.numeric()
    if not own or len(others) < 2:
        return ""
    one = grid.rng.choice(own)
    other = grid.rng.choice([at for at in others if at != one])
    for row in grid.rows[grid.header + 1 :]:
        if max(one, other) < len(row):
            row[one], row[other] = row[other], row[one]
    return f"swap {grid.names[one]} and {grid.names[other]}"


def swap_codes(grid):
    """Exchange the codes, or names, of two rows."""
    codes = [at for at in grid.read if "code" in grid.names[at].lower() or "ame" in grid.names[at]]
    if not codes:
        return ""
    column, (one, other) = grid.rng.choice(codes), grid.rng.sample(grid.body, 2)
    if column < min(len(grid.rows[one]), len(grid.rows[other])):
        first, second = grid.rows[one], grid.rows[other]
        first[column], second[column] = second[column], first[column]
    return f"swap {grid.names[column]} of rows {one} and {other}"


def change_digit(grid):
    place = grid.number()
    if place is None:
        return ""
    at, column = place
    cell = grid.rows[at][column]
    digits = list(str(cell))
    where = grid.rng.choice([spot for spot, digit in enumerate(digits) if digit.isdigit()])
    digits[where] = grid.rng.choice([one for one in "0123456789" if one != digits[where]])
    changed = "".join(digits)
    grid.rows[at][column] = changed if isinstance(cell, str) else type(cell)(changed)
    return f"row {at} {grid.names[column]}: {cell} to {changed}"


def huge_number(grid):
    place = grid.number()
    if place is None:
        return ""
    at, column = place
    huge = grid.rng.choice([1e308, 10**9, 10**7])
    grid.rows[at][column] = str(huge) if isinstance(grid.rows[at][column], str) else huge
    return f"row {at} {grid.names[column]}: {huge}"


def blank_cell(grid):
    at, column = grid.row(), grid.rng.choice(grid.read)
    if column < len(grid.rows[at]):
        grid.rows[at][column] = "" if isinstance(grid.rows[at][column], str) else None
    return f"blank row {at} {grid.names[column]}"


def shift_row(grid):
    at = grid.row()
    grid.rows[at] = ["", *grid.rows[at][:-1]]
    return f"shift row {at}"


def cut_text(text, rng):
    at = rng.randrange(len(text) // 20, len(text) - 1)
    return text[:at], f"cut at {at}"


def cut_end(text, rng):
    at = rng.randrange(1, 12)
    return text[:-at], f"cut the last {at}"


def stray_quote(text, rng):
    commas = [at for at in (rng.randrange(len(text)) for _ in range(400)) if text[at] == ","]
    at = (commas[0] + 1) if commas and rng.random() < 0.7 else rng.randrange(len(text))
    return text[:at] + '"' + text[at:], f"quote at {at}"


def drop_line_ends(text, rng):
    at = text.find("\n", rng.randrange(len(text) // 10, len(text) - 2))
    return text[:at] + text[at + 1 :], f"join lines at {at}"


GRID_KINDS = {
    one.__name__.replace("_", " "): one
    for one in (
        *(pad_column, pad_cell, cut_table, header_alone, drop_rows, cut_year, repeat_row),
        *(shorten_rows, swap_columns, swap_codes, change_digit, huge_number, blank_cell),
        *(shift_row,),
    )
}
TEXT_KINDS = {
    one.__name__.replace("_", " "): one for one in (cut_text, cut_end, stray_quote, drop_line_ends)
}
KINDS = (*GRID_KINDS, *TEXT_KINDS, "wrong file")
"""Each way to change a file; ``wrong file`` puts another published one in its place."""
