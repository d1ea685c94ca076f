"""The report of a results folder: scoreboard, threshold curves, costs and a picture of every file, in one page."""
