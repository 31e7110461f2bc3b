"""Whether a dataset changed, by how much, and what to do about it."""
