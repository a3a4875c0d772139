"""A bad plugin of every sort, each beside a good one that must not notice.

What is bad is found, named and set aside; and whatever goes wrong in a plugin, no disclosure
becomes easier by it and no alarm waits for it twice.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from psysafe.contracts.channel import ChannelRecord
from psysafe.contracts.extras import (
    CalendarRecord,
    Objection,
    ObjectionRequest,
    Observed,
    ScaleRecord,
    VaultRecord,
)
from psysafe.contracts.storage import StorageRecord
from psysafe.errors import PluginError
from psysafe.hooks import PluginReport, Plugins, PluginState, hookimpl

VIEW = ObjectionRequest(
    key="r1",
    kind="view",
    receiver="staff:t-017",
    viewer="homeroom_teacher",
    student="s-000000000001",
    items=("risk_level",),
    purpose="case",
)
ALARM = attrs.evolve(VIEW, key="r2", kind="message", channel="mail")
EVENT = Observed(
    kind="signal_reported",
    at=datetime(2026, 11, 2, 0, 30, tzinfo=UTC),
    stream="file/s-000000000001",
    position=7,
)
#: The limit for plugins that must not reach it, on a machine that is busy with something else.
PATIENT = 30.0
#: The limit that a hanging plugin is sure to reach.
SHORT = 1.0
SECRET = "张三 wants to die"


def not_used(*_: object) -> Any:
    raise AssertionError("a plugin that was set aside must not be used")


def plugin(name: str, **hooks: Any) -> SimpleNamespace:
    marked = {hook: hookimpl(function) for hook, function in hooks.items()}
    return SimpleNamespace(plugin_name=name, **marked)


def mail() -> Sequence[ChannelRecord]:
    return [ChannelRecord("mail", not_used)]


GOOD = plugin("good", psysafe_channels=mail)


def beside_a_good_one(bad: object, *, seconds: float = PATIENT) -> PluginReport:
    """Collect both; the good one must give its record. The bad one's report."""
    plugins = Plugins.of(bad, GOOD, seconds=seconds)
    assert set(plugins.channels()) == {"mail"}
    reports = {each.name: each for each in plugins.report}
    good = reports.pop("good")
    assert (good.state, good.findings) == (PluginState.OK, ())
    (report,) = reports.values()
    for finding in report.findings:
        assert "{" not in finding.what + finding.why + finding.cure
    return report


def codes(report: PluginReport) -> list[str]:
    return [finding.code for finding in report.findings]


@pytest.fixture
def silence() -> Iterator[threading.Event]:
    """What a hanging plugin waits for; when the test is over its thread may go."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Install a distribution for real: its metadata and its module, in a folder on sys.path."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))

    def put(
        name: str,
        source: str | None,
        *,
        entry_points: str | None = None,
        entry: str | None = None,
        version: str = "1.0",
    ) -> None:
        module = name.replace("-", "_")
        if source is not None:
            (tmp_path / f"{module}.py").write_text(source, encoding="utf-8")
        info = tmp_path / f"{module}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8"
        )
        text = entry_points or f"[psysafe]\n{entry or name} = {module}\n"
        (info / "entry_points.txt").write_text(text, encoding="utf-8")

    yield put
    for module in set(sys.modules) - before:
        if module.startswith("trial_"):
            del sys.modules[module]


GIVES = """
from psysafe.contracts.channel import ChannelRecord
from psysafe.hooks import hookimpl

@hookimpl
def psysafe_channels():
    return [ChannelRecord("{name}", print)]
"""


def found(plugins: Plugins, prefix: str = "trial-") -> dict[str, PluginReport]:
    """The reports of the plugins of this test; others may be installed here."""
    return {each.name: each for each in plugins.report if prefix in each.name}


# At load


def test_a_plugin_that_raises_at_load_is_set_aside_and_the_next_one_is_loaded(
    install: Callable[..., None],
) -> None:
    install("trial-broken", f"raise ValueError({SECRET!r})")
    install("trial-good", GIVES.format(name="bell"), version="2.3")
    plugins = Plugins.installed(load_seconds=PATIENT, seconds=PATIENT)
    assert "bell" in plugins.channels()
    reports = found(plugins)
    assert reports["trial-good"].state is PluginState.OK
    assert reports["trial-good"].version == "2.3"
    broken = reports["trial-broken"]
    assert (broken.state, broken.version) == (PluginState.QUARANTINED, "1.0")
    assert codes(broken) == ["PSY501"]
    assert broken.findings[0].facts["problem"] == "ValueError at trial_broken.py:1"


def test_a_missing_module_is_named(install: Callable[..., None]) -> None:
    install("trial-poor", "import a_library_that_is_not_there")
    report = found(Plugins.installed(load_seconds=PATIENT))["trial-poor"]
    assert codes(report) == ["PSY501"]
    assert "a_library_that_is_not_there" in report.findings[0].what


def test_a_plugin_that_ends_the_program_at_load_does_not_end_it(
    install: Callable[..., None],
) -> None:
    install("trial-exit", "import sys\nsys.exit(3)")
    report = found(Plugins.installed(load_seconds=PATIENT))["trial-exit"]
    assert report.findings[0].facts["problem"] == "SystemExit at trial_exit.py:2"


def test_a_plugin_that_hangs_at_load_holds_nobody_up_for_longer_than_the_limit(
    install: Callable[..., None], silence: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "trial_silence", silence, raising=False)
    install("trial-hang", "import sys\nsys.trial_silence.wait()")
    install("trial-good", GIVES.format(name="bell"))
    # The good one must load within the limit too; its imports are here already.
    plugins = Plugins.installed(load_seconds=2.0, seconds=PATIENT)
    reports = found(plugins)
    assert codes(reports["trial-hang"]) == ["PSY508"]
    assert reports["trial-good"].state is PluginState.OK


def test_damaged_metadata_of_one_plugin_hides_no_other(install: Callable[..., None]) -> None:
    install("trial-damaged", "", entry_points="[psysafe]\nthis line is no entry point\n")
    install("trial-good", GIVES.format(name="bell"))
    plugins = Plugins.installed(load_seconds=PATIENT, seconds=PATIENT)
    assert "bell" in plugins.channels()
    assert codes(found(plugins)["trial-damaged"]) == ["PSY501"]


def test_damaged_metadata_that_has_nothing_to_do_with_psysafe_disturbs_nobody(
    install: Callable[..., None],
) -> None:
    install("trial-other", None, entry_points="[console_scripts]\nthis is no entry point\n")
    assert found(Plugins.installed()) == {}


def test_a_disabled_plugin_is_not_even_loaded(install: Callable[..., None]) -> None:
    install("trial-broken", "raise ValueError", entry="trial-entry")
    for name in ("trial-entry", "trial-broken", "Trial_Broken", "trial-broken:trial-entry"):
        plugins = Plugins.installed(disabled=[name])
        report = found(plugins)["trial-entry"]
        assert (report.state, report.findings) == (PluginState.DISABLED, ())
        assert "trial_broken" not in sys.modules
        assert not plugins.objections([VIEW], seconds=PATIENT).failed


def test_two_distributions_with_one_entry_point_name_are_told_apart(
    install: Callable[..., None],
) -> None:
    install("trial-one", GIVES.format(name="bell"), entry="bells")
    install("trial-two", GIVES.format(name="gong"), entry="bells")
    plugins = Plugins.installed(disabled=["trial-two:bells"], load_seconds=PATIENT, seconds=PATIENT)
    assert "bell" in plugins.channels()
    assert "gong" not in plugins.channels()
    assert {name: report.state for name, report in found(plugins, "bells").items()} == {
        "trial-one:bells": PluginState.OK,
        "trial-two:bells": PluginState.DISABLED,
    }


def test_a_distribution_that_lies_on_the_path_twice_is_one_plugin(
    install: Callable[..., None],
) -> None:
    install("trial-bells", GIVES.format(name="bell"), version="1.0")
    install("trial-bells", None, version="2.0")
    plugins = Plugins.installed(load_seconds=PATIENT, seconds=PATIENT)
    assert "bell" in plugins.channels()
    assert [each.name for each in plugins.report if "trial-" in each.name] == ["trial-bells"]


# In the hooks themselves


def test_a_misspelt_hook_is_found_and_the_right_name_is_hinted() -> None:
    report = beside_a_good_one(plugin("bad", psysafe_chanels=not_used))
    assert report.state is PluginState.QUARANTINED
    assert codes(report) == ["PSY503"]
    assert report.findings[0].facts["hook"] == "psysafe_chanels"
    assert report.findings[0].facts["hint"] == "psysafe_channels"


def test_a_hook_that_asks_for_an_argument_that_is_not_given_is_found() -> None:
    def psysafe_channels(settings: object) -> Sequence[ChannelRecord]:
        raise AssertionError("it must not be called")

    report = beside_a_good_one(plugin("bad", psysafe_channels=psysafe_channels))
    assert report.state is PluginState.QUARANTINED
    assert codes(report) == ["PSY504"]
    assert report.findings[0].facts["argument"] == "settings"


def test_a_class_given_instead_of_an_object_is_found_by_its_self() -> None:
    class Bad:
        @hookimpl
        def psysafe_channels(self) -> Sequence[ChannelRecord]:
            raise AssertionError("it must not be called")

    report = beside_a_good_one(Bad)
    assert codes(report) == ["PSY504"]
    assert report.findings[0].facts["argument"] == "self"


def test_a_hook_without_its_mark_is_found() -> None:
    report = beside_a_good_one(SimpleNamespace(plugin_name="bad", psysafe_channels=lambda: mail()))
    assert report.state is PluginState.QUARANTINED
    assert codes(report) == ["PSY511"]


def test_an_object_without_any_hook_is_found() -> None:
    assert codes(beside_a_good_one(SimpleNamespace(plugin_name="bad"))) == ["PSY511"]


@pytest.mark.parametrize("style", ["wrapper", "hookwrapper"])
@pytest.mark.parametrize("hook", ["psysafe_channels", "psysafe_objections"])
def test_a_wrapper_is_refused(style: str, hook: str) -> None:
    def around() -> Iterator[None]:
        not_used()
        yield

    bad = SimpleNamespace(plugin_name="bad")
    setattr(bad, hook, hookimpl(**{style: True})(around))
    report = beside_a_good_one(bad)
    assert report.state is PluginState.QUARANTINED
    assert codes(report) == ["PSY509"]


def test_one_bad_hook_sets_the_good_hooks_of_the_same_plugin_aside_too() -> None:
    report = beside_a_good_one(
        plugin("bad", psysafe_scalse=not_used, psysafe_channels=lambda: [ChannelRecord("x", print)])
    )
    assert report.given == ()


# In the call


def raising() -> Any:
    raise LookupError(SECRET)


ANNOUNCING = [
    "psysafe_storages",
    "psysafe_channels",
    "psysafe_scales",
    "psysafe_calendars",
    "psysafe_vaults",
]


@pytest.mark.parametrize("hook", ANNOUNCING)
def test_a_plugin_that_raises_when_it_is_called_is_set_aside(hook: str) -> None:
    report = beside_a_good_one(plugin("bad", **{hook: raising}))
    assert report.state is PluginState.QUARANTINED
    assert codes(report) == ["PSY502"]
    facts = report.findings[0].facts
    assert facts["hook"] == hook
    assert str(facts["problem"]).startswith("LookupError at test_bad_plugins.py:")


@pytest.mark.parametrize("hook", ANNOUNCING)
def test_a_plugin_that_hangs_when_it_is_called_is_set_aside(
    hook: str, silence: threading.Event
) -> None:
    report = beside_a_good_one(plugin("bad", **{hook: lambda: silence.wait()}), seconds=SHORT)
    assert report.state is PluginState.QUARANTINED
    assert codes(report) == ["PSY508"]
    assert report.findings[0].facts["seconds"] == SHORT


def test_a_plugin_that_ends_the_program_when_it_is_called_does_not_end_it() -> None:
    def leaving() -> Any:
        raise SystemExit(3)

    assert codes(beside_a_good_one(plugin("bad", psysafe_channels=leaving))) == ["PSY502"]


async def in_its_own_time() -> Sequence[ChannelRecord]:
    return [ChannelRecord("x", not_used)]


@pytest.mark.parametrize(
    ("hook", "answer", "found_in_it"),
    [
        ("psysafe_channels", ChannelRecord("x", not_used), "ChannelRecord"),
        ("psysafe_channels", None, "NoneType"),
        ("psysafe_channels", {"x": ChannelRecord("x", not_used)}, "dict"),
        ("psysafe_channels", (r for r in [ChannelRecord("x", not_used)]), "generator"),
        ("psysafe_channels", [{"name": "x", "open": not_used}], "dict"),
        ("psysafe_channels", [VaultRecord("x", not_used)], "VaultRecord"),
        ("psysafe_channels", [ChannelRecord], "type"),
        ("psysafe_channels", [ChannelRecord("x", "open")], "ChannelRecord.open as str"),
        ("psysafe_channels", [ChannelRecord("x", print, 2)], "ChannelRecord.version as int"),
        ("psysafe_channels", [ChannelRecord("x y", print)], "ChannelRecord.name that is no code"),
        ("psysafe_channels", [ChannelRecord(None, print)], "ChannelRecord.name that is no code"),
        ("psysafe_storages", ["sqlite"], "str"),
        (
            "psysafe_storages",
            [StorageRecord("x", print, frozenset({"fast"}))],
            "StorageRecord.abilities as frozenset",
        ),
        ("psysafe_scales", [ScaleRecord("x", "phq9.toml")], "ScaleRecord.definition as str"),
        ("psysafe_calendars", [CalendarRecord("x", {})], "CalendarRecord.year as dict"),
        ("psysafe_vaults", [VaultRecord("x", None)], "VaultRecord.open as NoneType"),
        ("psysafe_vaults", [VaultRecord("x", print, "1")], "VaultRecord.contract as str"),
        ("psysafe_vaults", [VaultRecord("x", print, True)], "VaultRecord.contract as bool"),
    ],
)
def test_what_is_no_list_of_records_sets_the_plugin_aside(
    hook: str, answer: object, found_in_it: str
) -> None:
    report = beside_a_good_one(plugin("bad", **{hook: lambda: answer}))
    assert report.state is PluginState.QUARANTINED
    assert codes(report) == ["PSY505"]
    assert report.findings[0].facts["found"] == found_in_it
    assert report.given == ()


def test_a_coroutine_is_no_list_of_records() -> None:
    report = beside_a_good_one(plugin("bad", psysafe_channels=in_its_own_time))
    assert codes(report) == ["PSY505"]
    assert report.findings[0].facts["found"] == "coroutine"


def test_one_dict_among_records_sets_the_whole_plugin_aside() -> None:
    answer = [ChannelRecord("x", not_used), {"name": "y"}]
    report = beside_a_good_one(plugin("bad", psysafe_channels=lambda: answer))
    assert codes(report) == ["PSY505"]
    assert report.given == ()


@pytest.mark.parametrize("contract", [0, 2, 99])
@pytest.mark.parametrize(
    ("hook", "record"),
    [
        ("psysafe_storages", StorageRecord("x", not_used)),
        ("psysafe_channels", ChannelRecord("x", not_used)),
        ("psysafe_scales", ScaleRecord("x", {})),
        ("psysafe_calendars", CalendarRecord("x", not_used)),
        ("psysafe_vaults", VaultRecord("x", not_used)),
    ],
)
def test_a_record_of_another_contract_sets_the_plugin_aside(
    hook: str, record: Any, contract: int
) -> None:
    other = attrs.evolve(record, contract=contract)
    report = beside_a_good_one(plugin("bad", **{hook: lambda: [other]}))
    assert report.state is PluginState.QUARANTINED
    assert codes(report) == ["PSY507"]
    assert (report.findings[0].facts["found"], report.findings[0].facts["known"]) == (contract, 1)


# One name for two things


def test_a_name_given_twice_goes_to_neither_and_both_are_named() -> None:
    bells = [ChannelRecord("bell", not_used)]
    plugins = Plugins.of(
        plugin("one", psysafe_channels=lambda: [*bells, ChannelRecord("drum", not_used)]),
        plugin("two", psysafe_channels=lambda: bells),
        GOOD,
    )
    assert set(plugins.channels()) == {"drum", "mail"}
    with pytest.raises(PluginError) as caught:
        plugins.channel("bell")
    assert caught.value.code == "PSY506"
    assert caught.value.finding.what == "channel bell is given by one and by two"
    reports = {each.name: each for each in plugins.report}
    assert reports["one"].state is reports["two"].state is PluginState.CLASH
    assert codes(reports["one"]) == codes(reports["two"]) == ["PSY506"]
    assert reports["good"].state is PluginState.OK


def test_a_plugin_cannot_take_the_place_of_a_built_in_one() -> None:
    shelf = [StorageRecord("sqlite", not_used)]
    plugins = Plugins.of(
        plugin("bad", psysafe_storages=lambda: shelf),
        builtins=[plugin("psysafe.builtin", psysafe_storages=lambda: shelf)],
    )
    with pytest.raises(PluginError, match="given by bad and by psysafe"):
        plugins.storage("sqlite")
    assert plugins.storages() == {}


def test_a_plugin_that_gives_one_name_twice_clashes_with_itself() -> None:
    twice = [ChannelRecord("bell", not_used), ChannelRecord("bell", not_used)]
    report = beside_a_good_one(plugin("bad", psysafe_channels=lambda: twice))
    assert report.state is PluginState.CLASH
    assert codes(report) == ["PSY506"]


def test_the_same_name_for_two_kinds_of_thing_is_no_clash() -> None:
    plugins = Plugins.of(
        plugin("one", psysafe_channels=lambda: [ChannelRecord("cn", not_used)]),
        plugin("two", psysafe_calendars=lambda: [CalendarRecord("cn", not_used)]),
    )
    assert plugins.channel("cn").name == plugins.calendar("cn").name
    assert {each.state for each in plugins.report} == {PluginState.OK}


def test_asking_for_what_a_plugin_set_aside_would_have_given_names_that_plugin() -> None:
    plugins = Plugins.of(plugin("pg", psysafe_storages=raising))
    with pytest.raises(PluginError) as caught:
        plugins.storage("postgres")
    assert caught.value.code == "PSY510"
    assert "pg" in str(caught.value)


# Objections: whatever goes wrong, nothing becomes easier to see, and the alarm goes out


def objecting(requests: Sequence[ObjectionRequest]) -> Sequence[Objection]:
    return [Objection(key=request.key, wish="lower", reason="house_rule") for request in requests]


def raising_objection(requests: object) -> Any:
    raise LookupError(SECRET)


def test_an_objections_plugin_that_raises_denies_the_view_and_lets_the_alarm_out() -> None:
    plugins = Plugins.of(
        plugin("bad", psysafe_objections=raising_objection),
        plugin("strict", psysafe_objections=objecting),
    )
    for asked in (1, 2):
        answer = plugins.objections([VIEW, ALARM], seconds=PATIENT)
        assert answer.failed_plugins == ("bad",)
        assert [each.key for each in answer.objections] == ["r1", "r2"]
        assert (answer.wish(VIEW), answer.wish(ALARM)) == ("deny", "lower")
        report = plugins.report[0]
        assert (codes(report), report.failures) == (["PSY502"], asked)


def test_an_alarm_waits_for_a_hanging_objections_plugin_once_at_most(
    silence: threading.Event,
) -> None:
    calls = []

    def hanging(requests: object) -> Any:
        calls.append(requests)
        silence.wait()

    plugins = Plugins.of(
        plugin("bad", psysafe_objections=hanging, psysafe_channels=mail),
        plugin("strict", psysafe_objections=objecting),
    )
    for limit in (SHORT, PATIENT, PATIENT):
        answer = plugins.objections([VIEW, ALARM], seconds=limit)
        assert answer.failed_plugins == ("bad",)
        assert [each.key for each in answer.objections] == ["r1", "r2"]
        assert (answer.wish(VIEW), answer.wish(ALARM)) == ("deny", "lower")
        assert len(calls) == 1
    report = plugins.report[0]
    assert (report.state, codes(report)) == (PluginState.QUARANTINED, ["PSY508"])
    assert report.failures == 1
    assert set(plugins.channels()) == {"mail"}, "what it gave before is in use and stays"


def test_several_hanging_plugins_together_take_one_limit_only(silence: threading.Event) -> None:
    def hanging(requests: object) -> Any:
        silence.wait()

    many = [plugin(f"bad{n}", psysafe_objections=hanging) for n in range(20)]
    waiter = threading.Thread(
        target=Plugins.of(*many).objections, args=([ALARM],), kwargs={"seconds": SHORT}
    )
    waiter.start()
    waiter.join(timeout=10 * SHORT)  # one after the other would take twice this
    assert not waiter.is_alive()


@pytest.mark.parametrize(
    "answer",
    [
        None,
        Objection(key="r1", wish="deny", reason="x"),
        [{"key": "r1", "wish": "deny"}],
        [Objection(key="r1", wish="allow", reason="x")],  # type: ignore[arg-type]
        [Objection(key="r1", wish="deny", reason=SECRET)],
        [Objection(key=1, wish="deny", reason="x")],  # type: ignore[arg-type]
        ["deny"],
        True,
    ],
)
def test_an_answer_that_is_no_list_of_objections_counts_as_a_failure(answer: object) -> None:
    bad = plugin("bad", psysafe_objections=lambda requests: answer)
    plugins = Plugins.of(bad, plugin("strict", psysafe_objections=objecting))
    heard = plugins.objections([VIEW, ALARM], seconds=PATIENT)
    assert heard.failed_plugins == ("bad",)
    assert [each.key for each in heard.objections] == ["r1", "r2"]
    assert heard.wish(VIEW) == "deny"
    assert codes(plugins.report[0]) == ["PSY505"]


def test_good_objections_beside_garbage_still_count() -> None:
    deny = Objection(key="r2", wish="deny", reason="house_rule")
    plugins = Plugins.of(plugin("bad", psysafe_objections=lambda requests: [deny, "garbage"]))
    answer = plugins.objections([VIEW, ALARM], seconds=PATIENT)
    assert answer.objections == (deny,)
    assert answer.failed_plugins == ("bad",)


def unmarked() -> SimpleNamespace:
    return SimpleNamespace(plugin_name="bad", psysafe_objections=lambda requests: [])


def wrapping() -> SimpleNamespace:
    def around(requests: object) -> Iterator[None]:
        yield

    return SimpleNamespace(plugin_name="bad", psysafe_objections=hookimpl(wrapper=True)(around))


@pytest.mark.parametrize(
    "bad",
    [
        plugin("bad", psysafe_objections=objecting, psysafe_channels=raising),
        plugin("bad", psysafe_objections=objecting, psysafe_scales=lambda: [{}]),
        plugin("bad", psysafe_objections=objecting, psysafe_obsreve=not_used),
        plugin("bad", psysafe_objections=lambda request: []),
        plugin("bad", psysafe_objection=objecting),
        unmarked(),
        wrapping(),
    ],
)
def test_a_plugin_set_aside_that_meant_to_object_counts_as_failed(bad: object) -> None:
    plugins = Plugins.of(bad, GOOD)
    assert plugins.report[0].state is PluginState.QUARANTINED
    answer = plugins.objections([VIEW, ALARM], seconds=PATIENT)
    assert answer.failed_plugins == ("bad",)
    assert (answer.wish(VIEW), answer.wish(ALARM)) == ("deny", "lower")


def test_a_plugin_set_aside_that_never_meant_to_object_denies_nothing() -> None:
    plugins = Plugins.of(plugin("bad", psysafe_channels=raising), GOOD)
    assert not plugins.objections([VIEW], seconds=PATIENT).failed


def test_a_plugin_that_could_not_be_loaded_is_taken_to_object_unless_its_source_says_otherwise(
    install: Callable[..., None],
) -> None:
    install("trial-objector", "import missing_thing\ndef psysafe_objections(requests): ...")
    install("trial-channel", "import missing_thing\ndef psysafe_channels(): ...")
    install("trial-gone", None)
    plugins = Plugins.installed(load_seconds=PATIENT, seconds=PATIENT)
    assert {each.state for each in found(plugins).values()} == {PluginState.QUARANTINED}
    failed = plugins.objections([VIEW], seconds=PATIENT).failed_plugins
    assert set(failed) >= {"trial-objector", "trial-gone"}
    assert "trial-channel" not in failed


# Observers


def test_an_observer_that_raises_is_counted_and_the_next_one_is_told() -> None:
    told: list[object] = []

    def raising_observer(events: object) -> None:
        raise LookupError(SECRET)

    plugins = Plugins.of(
        plugin("bad", psysafe_observe=raising_observer),
        plugin("good", psysafe_observe=lambda events: told.extend(events)),
    )
    plugins.observe([EVENT])
    plugins.observe([EVENT])
    assert told == [EVENT, EVENT]
    assert (codes(plugins.report[0]), plugins.report[0].failures) == (["PSY502"], 2)
    assert plugins.report[1].failures == 0


def test_an_observer_that_hangs_is_not_told_again_and_the_next_one_is(
    silence: threading.Event,
) -> None:
    told: list[object] = []
    calls: list[object] = []

    def hanging(events: object) -> None:
        calls.append(events)
        silence.wait()

    plugins = Plugins.of(
        plugin("bad", psysafe_observe=hanging, psysafe_objections=objecting),
        plugin("good", psysafe_observe=lambda events: told.extend(events)),
        seconds=SHORT,
    )
    for _ in range(3):
        plugins.observe([EVENT])
    assert (len(calls), len(told)) == (1, 3)
    assert codes(plugins.report[0]) == ["PSY508"]
    answer = plugins.objections([VIEW], seconds=PATIENT)
    assert not answer.failed, "its objections hook is another one and still answers"
    assert answer.wish(VIEW) == "deny"


def test_an_observer_that_returns_something_is_told_that_nobody_reads_it() -> None:
    async def later(events: object) -> None:
        not_used()

    plugins = Plugins.of(
        plugin("answers", psysafe_observe=lambda events: "deny"),
        plugin("later", psysafe_observe=later),
    )
    plugins.observe([EVENT])
    assert [codes(each) for each in plugins.report] == [["PSY505"], ["PSY505"]]


def test_findings_of_a_plugin_that_always_fails_do_not_grow_without_end() -> None:
    def ever_new(events: object) -> None:
        raise type(f"Error{len(made)}", (Exception,), {})

    made: list[None] = []
    plugins = Plugins.of(plugin("bad", psysafe_observe=ever_new))
    for _ in range(50):
        made.append(None)
        plugins.observe([EVENT])
    assert len(plugins.report[0].findings) == 20
    assert plugins.report[0].failures == 50


# What is said about it


def test_no_report_error_or_log_repeats_what_a_plugin_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="psysafe.hooks")
    shown = []
    for bad in (
        plugin("bad", psysafe_channels=raising),
        plugin("bad", psysafe_objections=raising_objection, psysafe_observe=raising_objection),
        plugin("bad", psysafe_objections=lambda requests: [SECRET]),
        plugin("bad", psysafe_scales=lambda: [ScaleRecord(SECRET, {})]),
    ):
        plugins = Plugins.of(bad)
        shown.append(repr(plugins.objections([VIEW], seconds=PATIENT)))
        plugins.observe([EVENT])
        shown.append(repr(plugins.report))
        with pytest.raises(PluginError) as caught:
            plugins.channel("mail")
        shown.append(repr(caught.value) + str(caught.value))
    assert caplog.records
    shown += [str(vars(record)) for record in caplog.records]
    whole = "\n".join(shown)
    assert "LookupError" in whole, "the canary: what is shown does reach this test"
    assert "张三" not in whole
    assert "wants to die" not in whole
    assert {record.getMessage() for record in caplog.records} == {"a plugin is not as it should be"}
