"""Choosing thresholds and parameters."""
