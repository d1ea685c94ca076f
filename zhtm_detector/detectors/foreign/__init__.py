"""Detectors that others wrote: from a module, a file or an installed package, each in a process of its own."""
