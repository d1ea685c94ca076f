"""The search for better parameters: a study of Optuna's over a declared space, and grids."""
