"""Write reports: a document of plain values becomes HTML, Markdown or JSON.

document      the door: import from here
blocks        what a report says: sections, tables, charts, ...
wording       how values are written
html          one file, offline, under a strict policy
  arrangement   ids, contents, charts side by side
  bundle        Vega, packed
  colours       light and dark
  picture       drawings from elsewhere, checked
  chart_rows    a chart's numbers as a table
  templates/    page.html, blocks.html, report.css, report.js
markdown, plain   the same as Markdown and as JSON
"""

from __future__ import annotations
