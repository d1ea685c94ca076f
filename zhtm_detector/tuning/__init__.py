"""Choosing thresholds: whole curves and plateaus over labelled files, and a wanted rate of alerts without labels."""
