"""Detectors under NAB's contract, and one of them over one file."""
