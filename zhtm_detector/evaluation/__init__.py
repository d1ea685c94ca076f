"""How far a score can be trusted, and how two differ: seeds, cross-validation, ablation, baselines, intervals."""
