"""Choosing thresholds: whole curves over labelled files, and a wanted rate of alerts without labels."""
