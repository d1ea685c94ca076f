"""The shipped configuration: presets, profiles, thresholds, scoreboard, corpus registry, sample corpus."""
