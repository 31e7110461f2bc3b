"""The settings and the lake this process serves, read and opened once, and what it was asked.

Every answer is kept under the version of the lake it came from, so nothing shown is ever stale and
nothing needs to be thrown away by hand. While runs are running, answers live ten seconds at most,
because a run turns stale by time alone.
"""

from __future__ import annotations

import itertools
import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from app.answers import Answers
from core.errors import SettingsError
from core.settings import read_settings
from lake.address import folder_of, is_folder
from lake.errors import LakeNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.datasets.registry import DataVersionControl
    from core.settings import Settings
    from core.tracking.board import RunBoard
    from core.tracking.tracker import ExperimentTracker
    from core.workbench import Workbench

P = ParamSpec("P")
T = TypeVar("T")
_CLOCK_SECONDS: Final = 10
_settings: Final[list[Settings]] = []
_opened: Final[dict[str, Workbench]] = {}
_opened_as: Final[dict[str, int]] = {}
_opening: Final = threading.Lock()
_numbers: Final = itertools.count(1)
_answers: Final = Answers(most=512)
_looked: Final[ContextVar[list[View] | None]] = ContextVar("looked", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One look at the lake: all answers of one run of a page come from the same version."""

    workbench: Workbench
    version: str
    clock: int

    @property
    def runs(self) -> RunBoard:
        """What can be asked about runs; ask it through `ask`."""
        return self.workbench.runs

    @property
    def tracker(self) -> ExperimentTracker:
        """The experiment tracker: one run whole, and edits."""
        return self.workbench.tracker

    @property
    def datasets(self) -> DataVersionControl:
        """The datasets of the lake."""
        return self.workbench.datasets

    def ask(self, question: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Answer from the cache, or ask and remember."""
        return _answers.get(self._key(question, args, kwargs), lambda: question(*args, **kwargs))

    def keep(self, question: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Answer like `ask`, about what never changes: what is in a version of a dataset.

        The answer outlives whatever else is written to the lake, so it must depend on nothing but
        the arguments, which name versions by their ids.
        """
        unchanging = View(workbench=self.workbench, version=self.lake_number, clock=0)
        return unchanging.ask(question, *args, **kwargs)

    @property
    def lake_number(self) -> str:
        """Which of the lakes this process opened this one is."""
        return self.version.partition(".")[0]

    def _key(self, question: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        name = getattr(question, "__qualname__", repr(question))
        where = self.workbench.lake.url
        return repr((where, self.version, self.clock, name, args, sorted(kwargs.items())))


@contextmanager
def one_look() -> Iterator[None]:
    """Let all that is drawn in the block see the lake at one moment: that of its first look."""
    token = _looked.set([])
    try:
        yield
    finally:
        _looked.reset(token)


def look() -> View:
    """Look at the lake as it is now, or as it was when this run of a whole page first looked."""
    looked = _looked.get()
    if looked is None:  # a fragment is drawn anew without its page
        return _look()
    if not looked:
        looked.append(_look())
    return looked[0]


def _look() -> View:
    bench = workbench()
    version = refreshed_version()
    view = View(workbench=bench, version=version, clock=0)
    running = sum(view.ask(bench.runs.experiments).column("running").to_pylist())
    if not running:
        return view
    return View(workbench=bench, version=version, clock=int(time.time()) // _CLOCK_SECONDS)


def settings() -> Settings:
    """Return the settings of this process, read when first asked. Raises SettingsError."""
    if not _settings:
        use(read_settings())
    return _settings[0]


def use(settings: Settings) -> None:
    """Serve these settings from now on, instead of those of the surroundings."""
    _settings[:] = [settings]


def workbench() -> Workbench:
    """Return the opened lake of this process."""
    location = settings().lake
    if location not in _opened:
        with _opening:
            if location not in _opened:
                _open(location)
    return _opened[location]


def refreshed_version() -> str:
    """Return the version of what the lake holds now, unlike that of any lake opened before."""
    catalog = workbench().catalog
    return f"{_opened_as[settings().lake]}.{catalog.refresh()}"


def lake_name() -> str:
    """Return a short name of the lake for titles: its folder, as of /data/sleep-study.

    >>> lake_name()
    'sleep-study'
    """
    try:
        place = settings().lake
    except SettingsError:  # the page says what is wrong
        return "lake"
    return place.rstrip("/").rsplit("/", 1)[-1] or "lake"


def close() -> None:
    """Close what this process opened, and forget its settings."""
    _answers.clear()
    _settings.clear()
    while _opened:
        _opened.popitem()[1].close()


def _open(location: str) -> None:
    # the library takes 0.3 s to import; a page that only says "no lake here" need not wait
    from core.workbench import Workbench

    # a slip of the pen should not become a new lake
    if is_folder(location) and not folder_of(location).exists():
        raise LakeNotFoundError(
            f"There is no folder {location}.",
            hint="Start with `mhras serve --lake <folder>`, or set MHRAS_LAKE.",
        )
    wanted = settings().given(lake=location)
    bench = Workbench(settings=wanted, create=is_folder(location))
    _opened_as[location] = next(_numbers)
    _opened[location] = bench
