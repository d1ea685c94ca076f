"""From bytes to records: lines, CSV, JSON lines, times."""
