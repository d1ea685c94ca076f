"""HTM: records in, anomaly scores in [0, 1] out; no file, no label, no threshold."""
