"""Experiments and their runs: params, metrics over steps, artifacts, surroundings."""
