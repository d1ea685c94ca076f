"""The Numenta Anomaly Benchmark: its corpus, its labels, its scoring method and its file formats."""
