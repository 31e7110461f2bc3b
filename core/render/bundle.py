"""The drawing library of a report: Vega, Vega-Lite and Vega-Embed, packed once.

    vega.js.gz   made by tools/vega.sh from what vl-convert brings along, kept in the
                 repository: making it takes 1.3 s of CPU, and a report must not change its bytes
                 because a package did

A report holds it as base64 in a script of an unknown type, which no browser runs; its own script
unpacks it and adds it as an inline script. The policy of the report names the digest of the
unpacked text, so that nothing else can be added in this way.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

VEGA_LITE: Final = "6.4"
VEGA_PATH: Final = Path(__file__).with_name("vega.js.gz")
# The interpreter of expressions is inside: without it Vega needs `eval`.
_SNIPPET: Final = "window.vegaEmbed = vegaEmbed;"
_NOTICE: Final = """\
/*! Vega, Vega-Lite, Vega-Embed, Vega-Tooltip and Vega-Interpreter
 *  Copyright (c) 2015-2026, University of Washington Interactive Data Lab. All rights reserved.
 *
 *  Redistribution and use in source and binary forms, with or without modification, are permitted
 *  provided that the following conditions are met: 1. Redistributions of source code must retain
 *  the above copyright notice, this list of conditions and the following disclaimer.
 *  2. Redistributions in binary form must reproduce the above copyright notice, this list of
 *  conditions and the following disclaimer in the documentation and/or other materials provided
 *  with the distribution. 3. Neither the name of the copyright holder nor the names of its
 *  contributors may be used to endorse or promote products derived from this software without
 *  specific prior written permission.
 *
 *  THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR
 *  IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND
 *  FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR
 *  CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR
 *  CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
 *  SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY
 *  THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR
 *  OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE
 *  POSSIBILITY OF SUCH DAMAGE.
 *
 *  With D3 (ISC, Copyright 2010-2026 Mike Bostock), TopoJSON client (ISC, the same),
 *  fast-json-patch (MIT), json-stringify-pretty-compact (MIT) and semver (ISC).
 */
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A script, packed. `digest` is what a content security policy calls it by."""

    packed: str
    digest: str


@cache
def vega() -> Bundle:
    """Return the drawing library.

    >>> vega().digest.startswith("sha256-")
    True
    """
    packed = VEGA_PATH.read_bytes()
    script = gzip.decompress(packed)
    return Bundle(packed=base64.b64encode(packed).decode(), digest=digest_of(script))


def digest_of(source: bytes) -> str:
    """Return the name of an inline script or style in a content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(source).digest()).decode()}"


def fresh_bundle() -> str:
    """Make the library again; what vega.js.gz must hold when it is unpacked."""
    import vl_convert  # 60 MB of JavaScript engine that only this needs

    script = vl_convert.javascript_bundle(snippet=_SNIPPET, vl_version=VEGA_LITE)
    return f'{_NOTICE}(() => {{ "use strict";\n{script}\n}})();\n'
