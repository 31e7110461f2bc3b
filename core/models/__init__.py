"""What a model is worth, and what is known of it."""

from __future__ import annotations
