"""The lake measured against its goals, beside deltalake when asked.

    python benchmarks/lake.py [--peers] [--json FILE] [--quick] [--only PART ...]

Nothing here fails because it is slow: the table says what is met and what is missed. Every append
of ours and of deltalake is in one loop, on the same rows, in the same temporary folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    # This folder, where a script looks first, and where `import lake` would find this file.
    sys.path.remove(str(Path(__file__).resolve().parent))
    from benchmarks._lake_parts import main

    main()
