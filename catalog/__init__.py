"""How to ask a lake: tables, views, filters; it never writes the lake."""
