"""The choice of thresholds and parameters."""
