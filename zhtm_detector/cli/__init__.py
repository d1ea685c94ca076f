"""Verbs of the `zhtm` command; what a verb needs is imported inside it, so that help answers at once."""
