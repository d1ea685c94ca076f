"""An HTM anomaly detector for the Numenta Anomaly Benchmark and for your own streams."""
