"""The face: one open school. The single place where everything is wired together."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from psysafe.clock import Clock, SystemClock
from psysafe.ids import IdSource, RandomIds

if TYPE_CHECKING:
    from types import TracebackType

    from psysafe.contracts.channel import Channel
    from psysafe.contracts.directory import Directory
    from psysafe.contracts.storage import Storage
    from psysafe.desk.answering import Acknowledgements
    from psysafe.desk.backing_up import Restored
    from psysafe.desk.desk import Desk
    from psysafe.desk.emergency import HelpCalled
    from psysafe.desk.inbound import Inbound
    from psysafe.desk.operator import OperatorDesk
    from psysafe.desk.speaking import CatalogueSpeaker
    from psysafe.engine.school import School
    from psysafe.engine.tick import TickReport
    from psysafe.engine.transport import Transport
    from psysafe.hooks import Plugins
    from psysafe.intake.settings import Settings

_log = logging.getLogger("psysafe.net")
logging.getLogger("psysafe").addHandler(logging.NullHandler())


class SafetyNet:
    """An open school. Thread-safe; close it, or use it in a `with` block.

    Everything that touches a student goes through a desk, and a desk is bound to whoever acts.
    """

    def __init__(
        self,
        school: School,
        speaker: CatalogueSpeaker,
        settings: Settings,
        directory: Directory | None = None,
    ) -> None:
        self._school = school
        self._directory = directory
        self._speaker = speaker
        self.settings = settings

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        clock: Clock | None = None,
        ids: IdSource | None = None,
        plugins: Plugins | None = None,
        channels: Mapping[str, Channel] | None = None,
        directory: Directory | None = None,
        transport: Transport | None = None,
        storage: Storage | None = None,
    ) -> SafetyNet:
        """Open the school of a folder or of its psysafe.toml.

        `clock` and `ids` are the system's unless a test or a rehearsal brings its own; `plugins`
        are those installed; `channels` replaces configured channels by name, for hosts that have
        their own; `directory` knows the host's people, for `operator().reconcile()`; `transport`
        makes the HTTP calls of channels in place of psysafe's own; `storage` is used in place of
        the configured one. Raises PlanError or
        InvalidDataError for the settings, PluginError where a plugin that the school needs is
        missing, StorageError where the store cannot be opened.
        """
        from psysafe.builtin import plugin as builtin
        from psysafe.builtin.policy import shipped_matrix
        from psysafe.desk.inbound_senders import opened_senders
        from psysafe.desk.own_policy import checker
        from psysafe.desk.speaking import CatalogueSpeaker
        from psysafe.domain.privacy import Policy
        from psysafe.engine.deletion_ledger import FILE as LEDGER
        from psysafe.engine.links import Answering
        from psysafe.engine.own_rows import OwnPolicy
        from psysafe.engine.school import School
        from psysafe.engine.spooling import FOLDER as SPOOL
        from psysafe.hooks import Plugins
        from psysafe.intake.link_keys import read_link_keys
        from psysafe.intake.settings import read_settings, vault_options
        from psysafe.sealing import Sealer

        settings = read_settings(Path(path))
        found = plugins or Plugins.installed(disabled=settings.disabled_plugins, builtins=[builtin])
        settings = _with_calendar(settings, found, (clock or SystemClock()).now())
        options = {"use": settings.storage.use, **settings.storage.options}
        store = storage or found.storage(settings.storage.use).open(options, settings.folder)
        vault = settings.vault.use if settings.vault else "null"
        part_key = _part_key(settings.folder)
        own = OwnPolicy(Policy.compile(shipped_matrix()), checker(settings.part, settings))
        school = School(
            part=settings.part,
            part_key=part_key,
            name=settings.name,
            languages=settings.languages,
            storage=store,
            sealer=Sealer(found.vault(vault).open(vault_options(settings), settings.folder), vault),
            plan=settings.plan,
            calendar=settings.calendar,
            policy=own,
            plugins=found,
            channels={**_channels(settings, found, transport), **(channels or {})},
            clock=clock or SystemClock(),
            ids=ids or RandomIds(),
            answering=Answering(
                keys=read_link_keys(settings.folder, part_key),
                url=settings.answer_url,
                valid=settings.answer_valid,
            ),
            hotline=settings.hotline,
            inbound=opened_senders(settings),
            spool=settings.folder / SPOOL,
            ledger=settings.folder / LEDGER,
            kept_for=settings.retention["student_file"],
            notes_for=settings.retention.get("notes"),
            roles_signed=settings.grants.source == "signed",
            outside=settings.outside,
        )
        _erased_stays_erased(school)
        _brought_up(school)
        own.begin(school, school.clock.now())
        if not school.roles_signed:
            _log.warning("who sees by a role is what the staff file says, unless signed for before")
        speaker = CatalogueSpeaker(settings.languages, settings.zone, settings.folder)
        return cls(school, speaker, settings, directory)

    @classmethod
    def restore(
        cls,
        path: str | Path,
        backup: str | Path,
        *,
        over: bool = False,
        clock: Clock | None = None,
        plugins: Plugins | None = None,
    ) -> Restored:
        """Put a backup of the database back; whoever was erased since does not come back with it.

        The database that is here is kept beside it, and `over` says that one may be. No process
        may have the school open. Raises what `desk.backing_up.restore` raises.
        """
        from psysafe.builtin import plugin as builtin
        from psysafe.desk import backing_up
        from psysafe.hooks import Plugins
        from psysafe.intake.settings import read_settings

        settings = read_settings(Path(path))
        found = plugins or Plugins.installed(disabled=settings.disabled_plugins, builtins=[builtin])

        @contextmanager
        def opened(storage: Storage | None) -> Iterator[School]:
            with cls.open(path, clock=clock, plugins=found, storage=storage) as net:
                yield net._school

        now = (clock or SystemClock()).now()
        return backing_up.restore(settings, found, Path(backup), opened, now, over=over)

    @classmethod
    def call_for_help(
        cls,
        path: str | Path,
        *,
        clock: Clock | None = None,
        plugins: Plugins | None = None,
        channels: Mapping[str, Channel] | None = None,
        transport: Transport | None = None,
    ) -> HelpCalled:
        """Tell the staff of `[emergency]` that nobody is called: for whoever cannot open or tick.

        It needs no key and no store, only the settings and the channels, and may be called at each
        turn: whoever was told is not told again before its time. Arguments and errors as in `open`.
        """
        from psysafe.builtin import plugin as builtin
        from psysafe.desk.emergency import call_staff
        from psysafe.desk.speaking import CatalogueSpeaker
        from psysafe.hooks import Plugins
        from psysafe.intake.settings import read_settings

        settings = read_settings(Path(path))
        found = plugins or Plugins.installed(disabled=settings.disabled_plugins, builtins=[builtin])
        opened = {**_channels(settings, found, transport), **(channels or {})}
        speaker = CatalogueSpeaker(settings.languages, settings.zone, settings.folder)
        return call_staff(settings, opened, speaker, (clock or SystemClock()).now())

    def desk(self, actor: str, language: str | None = None) -> Desk:
        """The desk of one person: `staff:t-017`, `student:s-...`, `guardian:g-...`."""
        from psysafe.desk.desk import Desk
        from psysafe.desk.seat import Seat
        from psysafe.engine.own_rows import look
        from psysafe.ids import actor as checked

        look(self._school, self._school.clock.now())
        return Desk(
            Seat(
                school=self._school,
                actor=checked(actor),
                speaker=self._speaker,
                language=language,
            ),
            self.settings,
        )

    @property
    def acknowledgements(self) -> Acknowledgements:
        """Answers from outside the inbox: links, codes, and what providers call back."""
        from psysafe.desk.answering import Acknowledgements

        return Acknowledgements(self._school, self._speaker, self.desk)

    @property
    def inbound(self) -> Inbound:
        """What reached a person outside psysafe: signed deliveries, and a form of three taps."""
        from psysafe.desk.inbound import Inbound

        return Inbound(self._school, self._speaker, self.desk)

    def operator(self, actor: str = "operator:setup", language: str | None = None) -> OperatorDesk:
        """The desk of the person at the machine: imports, checks, proofs; no student's data."""
        from psysafe.desk.operator import OperatorDesk
        from psysafe.desk.seat import Seat
        from psysafe.ids import actor as checked

        seat = Seat(
            school=self._school, actor=checked(actor), speaker=self._speaker, language=language
        )
        return OperatorDesk(seat, self.settings, self._directory)

    def tick(self, now: datetime | None = None, budget: int = 1000) -> TickReport:
        """Deliver what is due, ask the next where nobody answered, pass on what is late.

        Call it from a loop, cron or a task queue; several at once and a kill are safe.
        """
        from psysafe.desk.heartbeat import ticked

        moment = now or self._school.clock.now()
        return ticked(self._school, self.settings, self._speaker, moment, budget)

    def close(self) -> None:
        """Give back the store and the open lines of channels. Twice does no harm."""
        from psysafe.engine.sending import let_go

        let_go(self._school)
        self._school.storage.close()

    def __enter__(self) -> SafetyNet:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _erased_stays_erased(school: School) -> None:
    """Whom a backup has brought back goes again before anybody can look.

    Where that cannot be kept, nothing that is about them can be shown either: a look is kept first.
    A school opens all the same, because somebody else may be in danger.
    """
    from psysafe.engine.erasing import make_good
    from psysafe.errors import PsysafeError

    try:
        make_good(school, school.clock.now())
    except PsysafeError as error:
        _log.error("erasures could not be made good", extra={"code": error.code})


def _brought_up(school: School) -> None:
    """What an earlier version wrote otherwise is written as this one does; `check` says if not.

    A store that can keep no mark of it would be walked each time: the daily look does it there.
    """
    from psysafe.contracts.storage_abilities import Keeping
    from psysafe.engine.bringing_up import bring_up
    from psysafe.errors import PsysafeError

    if not isinstance(school.storage, Keeping):
        return
    try:
        bring_up(school, school.clock.now())
    except PsysafeError as error:
        _log.error("records were not brought up to date", extra={"code": error.code})


def _part_key(folder: Path) -> bytes:
    from psysafe.errors import PlanError

    file = folder / "keys" / "part.key"
    try:
        return file.read_bytes()
    except OSError:
        raise PlanError("PSY019", path="keys/part.key") from None


def _with_calendar(settings: Settings, plugins: Plugins, now: datetime) -> Settings:
    """The settings with the years that a plugin's calendar knows and the school's file does not.

    A calendar that fails leaves a year without data, which `check` says; nothing is guessed.
    """
    import attrs

    from psysafe.domain.calendar import CalendarDays, SchoolCalendar

    if settings.calendar_use is None:
        return settings
    record = plugins.calendar(settings.calendar_use)
    years = dict(settings.calendar.years)
    for year in range(now.year - 1, now.year + 3):
        if year in years:
            continue
        try:
            known = record.year(year)
        except Exception as error:
            kind = type(error).__name__
            _log.error("a calendar failed", extra={"calendar": record.name, "code": kind})
            continue
        if known is not None:
            years[year] = CalendarDays(
                source=known.source, holidays=known.holidays, makeup=known.makeup
            )
    return attrs.evolve(settings, calendar=SchoolCalendar(settings.zone, years))


def _channels(
    settings: Settings, plugins: Plugins, transport: Transport | None
) -> dict[str, Channel]:
    """The configured channels that can be opened.

    One that cannot must not take the others down: sending over it is `misconfigured`, so the next
    channel or person is tried at once, and `check` names it.
    """
    from psysafe.engine.http_channels import over_http
    from psysafe.errors import PsysafeError
    from psysafe.intake.settings import with_secrets

    opened: dict[str, Channel] = {}
    for name, chosen in settings.channels.items():
        try:
            options = with_secrets(chosen, f"channels.{name}", folder=settings.folder)
            record = plugins.channel(chosen.use)
            opened[name] = (
                over_http(record.open, options, transport) if record.http else record.open(options)
            )
        except PsysafeError as error:
            _log.error("a channel could not be opened", extra={"channel": name, "code": error.code})
        except Exception as error:
            # A plugin's own fault. Its text may quote a setting, so only the type is kept.
            kind = type(error).__name__
            _log.error("a channel could not be opened", extra={"channel": name, "code": kind})
    return opened


__all__: Sequence[str] = ["SafetyNet"]
