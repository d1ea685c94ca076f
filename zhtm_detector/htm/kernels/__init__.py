"""Compiled functions over plain arrays: one file per room that uses them, no Python objects inside."""
