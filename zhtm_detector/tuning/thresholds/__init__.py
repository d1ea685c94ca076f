"""The choice of thresholds: curves over labelled files, or a target rate of alerts without labels."""
