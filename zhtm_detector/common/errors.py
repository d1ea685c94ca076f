"""The error for bad input; the command line prints it as a single line."""


class InputError(ValueError):
    """Bad input, refused where it enters.

    The message is one line: where (file, row, field or option), what was expected, what was got.
    """
