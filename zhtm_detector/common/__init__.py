"""Shared helpers that know neither HTM nor NAB."""
