"""What the tests share: child processes, counters they share, lakes to abuse."""
