"""The search for better parameters: an Optuna study over a declared space, and sweeps over a grid."""
