"""Import what a user of the peer imports."""

from __future__ import annotations

import mlflow

print(mlflow.__name__)
