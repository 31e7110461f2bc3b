"""One question of an analyst a file: asks core, draws with app."""
