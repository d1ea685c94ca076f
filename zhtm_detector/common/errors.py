"""The one kind of error a user can cause; the command line prints it as a single line."""


class InputError(ValueError):
    """Bad input, refused at the edge.

    The message is one line: what was wrong, where (file, row, field) and what was expected.
    """
