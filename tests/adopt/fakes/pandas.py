"""In place of pandas: a frame is its rows."""


class DataFrame:
    """Rows, with the columns of the first one."""

    def __init__(self, rows):
        self.rows = rows
