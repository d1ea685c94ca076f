"""The evidence beside a scoreboard figure: seeds, cross-validated thresholds, ablation, floor, intervals."""
