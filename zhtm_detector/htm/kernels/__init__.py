"""Compiled functions over plain arrays, one file per part of the model; no Python objects inside."""
