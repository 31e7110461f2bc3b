"""What is wrong with a table: one module for each family of checks, `registry` runs them all."""
