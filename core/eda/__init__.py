"""Look at a table before it is used: statistics, associations, quality."""
