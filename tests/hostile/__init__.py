"""Hostile data thrown at the command line: seeded inputs, a worker that survives them, and a table of what broke.

    python -m tests.hostile --only csv,labels,presets,results,commands --count 1000 --seed 1
    python -m tests.hostile --only make,ranges,others,peers,classes --minutes 5
    python -m tests.hostile --case csv:1234 --seed 1

Each input knows which exit codes are right for it, so accepting (or refusing) everything does not pass.
"""
