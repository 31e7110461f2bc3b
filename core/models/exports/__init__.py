"""A card in the forms that others read (core/models/exports/formats.py names them)."""

from __future__ import annotations
