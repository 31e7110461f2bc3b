"""What can be counted of a column, once: numbers for people, and a sketch for comparisons."""
