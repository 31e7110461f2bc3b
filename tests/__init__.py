"""Tests: the folders mirror the packages; what concerns the whole repository is here."""

from __future__ import annotations
