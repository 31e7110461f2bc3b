"""Show the workbench: in a browser, and in a terminal.

    asgi      the one server: pages, static files, /healthz, security headers
    serve     run that server until somebody stops it
    defaults  packaged settings, applied from any folder
    shell     our own index.html and its Content-Security-Policy
    main      the frame around every page; nav names the pages
    session   the opened lake of this process and its cache of answers
    layout    headers, cards, numbers, tables of a page; draw shows charts
    state     what a link remembers
    errors    cards instead of tracebacks

Nothing here decides anything about runs or data: that is core.
"""

from __future__ import annotations
