"""What good plugins give, object to and hear; and that their order never matters."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psysafe.contracts.channel import ChannelRecord
from psysafe.contracts.extras import (
    CalendarRecord,
    CalendarYear,
    Objection,
    ObjectionRequest,
    Observed,
    ScaleRecord,
    VaultRecord,
)
from psysafe.contracts.storage import StorageRecord
from psysafe.errors import PluginError
from psysafe.hooks import ObjectionAnswer, Plugins, PluginState, hookimpl

VIEW = ObjectionRequest(
    key="r1",
    kind="view",
    receiver="staff:t-017",
    viewer="homeroom_teacher",
    student="s-000000000001",
    items=("risk_level",),
    purpose="case",
)
MESSAGE = attrs.evolve(VIEW, key="r2", kind="message", channel="mail")
EVENT = Observed(
    kind="signal_reported",
    at=datetime(2026, 11, 2, 0, 30, tzinfo=UTC),
    stream="file/s-000000000001",
    position=7,
)
#: Long enough for a machine that is busy with something else.
PATIENT = 30.0


def never_opened(*_: object) -> Any:
    raise AssertionError("collecting plugins opens nothing")


def plugin(name: str, **hooks: Any) -> SimpleNamespace:
    """A plugin as an object: `plugin("mail", psysafe_channels=lambda: [...])`."""
    marked = {hook: hookimpl(function) for hook, function in hooks.items()}
    return SimpleNamespace(plugin_name=name, **marked)


def channels(*names: str) -> Any:
    return lambda: [ChannelRecord(name, never_opened) for name in names]


def objecting(*objections: Objection) -> Any:
    return lambda requests: list(objections)


def deny(key: str, reason: str = "house_rule") -> Objection:
    return Objection(key=key, wish="deny", reason=reason)


def lower(key: str, reason: str = "house_rule") -> Objection:
    return Objection(key=key, wish="lower", reason=reason)


# What the announcing hooks give


def test_psysafe_storages_gives_a_storage_by_name() -> None:
    record = StorageRecord("shelf", never_opened, frozenset({"durable"}))
    plugins = Plugins.of(plugin("p", psysafe_storages=lambda: [record]))
    assert plugins.storage("shelf") is record
    assert plugins.storages() == {"shelf": record}


def test_psysafe_channels_gives_a_channel_by_name() -> None:
    plugins = Plugins.of(plugin("p", psysafe_channels=channels("bell", "mail")))
    assert list(plugins.channels()) == ["bell", "mail"]
    assert plugins.channel("bell").name == "bell"


def test_psysafe_scales_gives_a_scale_by_name() -> None:
    definition: Mapping[str, Any] = {"format": 1, "id": "phq9"}
    plugins = Plugins.of(plugin("p", psysafe_scales=lambda: (ScaleRecord("phq9", definition),)))
    assert plugins.scale("phq9").definition == definition
    assert set(plugins.scales()) == {"phq9"}


def test_psysafe_calendars_gives_a_calendar_that_knows_what_it_does_not_know() -> None:
    known = CalendarYear(2026, "notice", frozenset({date(2026, 10, 1)}), frozenset())
    record = CalendarRecord("cn", {2026: known}.get)
    plugins = Plugins.of(plugin("p", psysafe_calendars=lambda: [record]))
    assert plugins.calendar("cn").year(2026) == known
    assert plugins.calendar("cn").year(2027) is None
    assert set(plugins.calendars()) == {"cn"}


def test_psysafe_vaults_gives_a_vault_by_name() -> None:
    record = VaultRecord("safe", never_opened)
    plugins = Plugins.of(plugin("p", psysafe_vaults=lambda: [record]))
    assert plugins.vault("safe") is record
    assert set(plugins.vaults()) == {"safe"}


def test_what_plugins_give_cannot_be_changed_by_whoever_reads_it() -> None:
    plugins = Plugins.of(plugin("p", psysafe_channels=channels("bell")))
    with pytest.raises(TypeError):
        plugins.channels()["other"] = plugins.channel("bell")  # type: ignore[index]


def test_asking_for_what_nobody_gives_names_what_there_is() -> None:
    plugins = Plugins.of(plugin("p", psysafe_channels=channels("mail", "bell")))
    with pytest.raises(PluginError) as caught:
        plugins.channel("pigeon")
    assert caught.value.code == "PSY510"
    assert caught.value.finding.what == (
        "no channel named pigeon is installed; there are: bell, mail"
    )
    with pytest.raises(PluginError, match="there are: none"):
        plugins.vault("safe")


def test_a_plugin_may_be_a_class_an_object_or_a_namespace() -> None:
    class Bells:
        @staticmethod
        @hookimpl
        def psysafe_channels() -> Sequence[ChannelRecord]:
            return [ChannelRecord("bell", never_opened)]

    class Post:
        @hookimpl
        def psysafe_channels(self) -> Sequence[ChannelRecord]:
            return [ChannelRecord("post", never_opened)]

    plugins = Plugins.of(Bells, Post(), plugin("mail", psysafe_channels=channels("mail")))
    assert set(plugins.channels()) == {"bell", "mail", "post"}
    assert [each.name for each in plugins.report] == ["Bells", "Post", "mail"]


def test_a_plugin_may_give_one_kind_from_two_functions() -> None:
    @hookimpl(specname="psysafe_channels")
    def more() -> Sequence[ChannelRecord]:
        return [ChannelRecord("post", never_opened)]

    both = plugin("p", psysafe_channels=channels("mail"))
    both.more = more
    assert set(Plugins.of(both).channels()) == {"mail", "post"}


def test_the_report_tells_name_version_kinds_and_contract() -> None:
    p = plugin("p", psysafe_channels=channels("mail"), psysafe_observe=lambda events: None)
    p.__version__ = "1.4"
    (report,) = Plugins.of(p).report
    assert (report.name, report.version, report.state) == ("p", "1.4", PluginState.OK)
    assert report.kinds == ("channels", "observe")
    assert report.contract == 1
    assert [(given.kind, given.name) for given in report.given] == [("channel", "mail")]
    assert report.findings == ()


def test_a_plugin_for_two_versions_may_mark_a_hook_of_the_other_one_as_optional() -> None:
    p = plugin("p", psysafe_channels=channels("mail"))
    p.psysafe_weather = hookimpl(optionalhook=True)(never_opened)
    plugins = Plugins.of(p)
    assert set(plugins.channels()) == {"mail"}
    assert plugins.report[0].findings == ()


def test_a_disabled_plugin_gives_nothing_and_holds_nothing_up() -> None:
    strict = plugin("strict", psysafe_objections=objecting(deny("r1")))
    mail = plugin("mail", psysafe_channels=channels("mail"))
    plugins = Plugins.of(strict, mail, disabled=["strict"])
    assert [report.state for report in plugins.report] == [PluginState.OK, PluginState.DISABLED]
    assert plugins.objections([VIEW], seconds=PATIENT) == ObjectionAnswer()


def test_a_misspelt_name_in_the_disabled_list_is_reported_and_disables_nothing() -> None:
    plugins = Plugins.of(
        plugin("mail", psysafe_channels=channels("mail")), disabled=["mial", "mail-x"]
    )
    assert set(plugins.channels()) == {"mail"}
    wrong = {each.name: each.findings for each in plugins.report if each.name != "mail"}
    assert {name: [f.code for f in found] for name, found in wrong.items()} == {
        "mial": ["PSY512"],
        "mail-x": ["PSY512"],
    }
    assert wrong["mial"][0].cure == "correct or remove the name; hint: mail"


def test_built_in_plugins_come_through_the_same_hooks() -> None:
    inbox = plugin("psysafe.builtin", psysafe_channels=channels("inbox"))
    plugins = Plugins.of(plugin("mail", psysafe_channels=channels("mail")), builtins=[inbox])
    assert set(plugins.channels()) == {"inbox", "mail"}
    assert [each.name for each in plugins.report] == ["mail", "psysafe.builtin"]


def test_a_slow_built_in_is_not_set_aside_by_the_time_limit() -> None:
    def slow() -> Sequence[StorageRecord]:
        threading.Event().wait(0.3)
        return [StorageRecord("sqlite", never_opened)]

    plugins = Plugins.of(builtins=[plugin("builtin", psysafe_storages=slow)], seconds=0.05)
    assert set(plugins.storages()) == {"sqlite"}


# Objections


def test_psysafe_objections_is_asked_with_the_batch_and_nothing_else() -> None:
    asked: list[Sequence[ObjectionRequest]] = []

    def hear(requests: Sequence[ObjectionRequest]) -> Sequence[Objection]:
        asked.append(requests)
        return []

    plugins = Plugins.of(plugin("p", psysafe_objections=hear))
    answer = plugins.objections([VIEW, MESSAGE], seconds=PATIENT)
    assert asked == [(VIEW, MESSAGE)]
    assert answer == ObjectionAnswer()
    assert not answer.failed
    assert answer.wish(VIEW) is None


def test_a_batch_of_nothing_asks_nobody() -> None:
    def never(requests: Sequence[ObjectionRequest]) -> Sequence[Objection]:
        raise AssertionError("nothing was to be disclosed")

    plugins = Plugins.of(plugin("p", psysafe_objections=never))
    assert plugins.objections([], seconds=PATIENT) == ObjectionAnswer()
    assert plugins.report[0].failures == 0


def test_objections_of_all_plugins_count_and_the_tightest_wins() -> None:
    plugins = Plugins.of(
        plugin("a", psysafe_objections=objecting(lower("r2"))),
        plugin("b", psysafe_objections=objecting(deny("r2", "not_by_mail"), lower("r2"))),
    )
    answer = plugins.objections([VIEW, MESSAGE], seconds=PATIENT)
    assert answer.objections == (deny("r2", "not_by_mail"), lower("r2"))
    assert answer.wish(MESSAGE) == "deny"
    assert answer.wish(VIEW) is None


def test_a_view_cannot_be_lowered_so_an_objection_to_it_denies_it() -> None:
    plugins = Plugins.of(plugin("p", psysafe_objections=objecting(lower("r1"), lower("r2"))))
    answer = plugins.objections([VIEW, MESSAGE], seconds=PATIENT)
    assert answer.wish(VIEW) == "deny"
    assert answer.wish(MESSAGE) == "lower"


def test_an_objection_to_what_was_not_asked_is_left_out_and_reported() -> None:
    plugins = Plugins.of(plugin("p", psysafe_objections=objecting(deny("other"), lower("r1"))))
    answer = plugins.objections([VIEW], seconds=PATIENT)
    assert answer.objections == (lower("r1"),)
    assert not answer.failed
    (finding,) = plugins.report[0].findings
    assert (finding.code, finding.severity) == ("PSY505", "warning")


def test_a_failed_plugin_denies_a_view_and_lets_a_message_out_in_its_neutral_form() -> None:
    answer = ObjectionAnswer(failed_plugins=("p",))
    assert answer.failed
    assert answer.wish(VIEW) == "deny"
    assert answer.wish(MESSAGE) == "lower"


# Observing


def test_psysafe_observe_is_told_kinds_times_and_ids_after_the_commit() -> None:
    told: list[tuple[str, Sequence[Observed]]] = []
    plugins = Plugins.of(
        plugin("b", psysafe_observe=lambda events: told.append(("b", events))),
        plugin("a", psysafe_observe=lambda events: told.append(("a", events))),
    )
    plugins.observe([])
    plugins.observe([EVENT])
    assert told == [("a", (EVENT,)), ("b", (EVENT,))]
    assert {field.name for field in attrs.fields(Observed)} == {"kind", "at", "stream", "position"}


# Order

WISHES = st.sampled_from(
    [None, RuntimeError, "garbage", deny("r1"), deny("r2"), lower("r1"), lower("r2"), deny("r9")]
)
TIGHTNESS = {None: 0, "lower": 1, "deny": 2}


def saying(word: object) -> Any:
    def answer(requests: Sequence[ObjectionRequest]) -> Any:
        if word is RuntimeError:
            raise RuntimeError
        return [] if word is None else [word]

    return answer


def mixed_company() -> list[SimpleNamespace]:
    """Good plugins, clashing ones, bad ones of several sorts; two of them bear one name."""
    wrapper = plugin("wrapper")
    wrapper.psysafe_channels = hookimpl(wrapper=True)(_wrapping)
    return [
        plugin("mail", psysafe_channels=channels("mail", "post")),
        plugin("bells", psysafe_channels=channels("bell"), psysafe_objections=saying(deny("r1"))),
        plugin("bells", psysafe_channels=channels("bell", "gong")),
        plugin("third", psysafe_channels=channels("bell")),
        plugin("twice", psysafe_channels=channels("drum", "drum")),
        plugin("broken", psysafe_channels=never_opened),
        plugin("dict", psysafe_channels=lambda: [{"name": "fax"}]),
        plugin("strict", psysafe_objections=saying(lower("r2"))),
        plugin("misspelt", psysafe_objection=saying(None)),
        plugin("calendars", psysafe_calendars=lambda: [CalendarRecord("cn", {}.get)]),
        wrapper,
    ]


def _wrapping() -> Iterator[None]:
    return (yield)


@given(st.permutations(mixed_company()))
def test_the_order_of_plugins_changes_nothing(order: list[SimpleNamespace]) -> None:
    one, other = Plugins.of(*mixed_company()), Plugins.of(*order)
    assert other.report == one.report
    assert list(other.channels()) == list(one.channels()) == ["gong", "mail", "post"]
    assert list(other.calendars()) == list(one.calendars()) == ["cn"]
    batch = [VIEW, MESSAGE]
    answer = other.objections(batch, seconds=PATIENT)
    assert answer == one.objections(batch, seconds=PATIENT)
    assert answer.failed_plugins == ("misspelt",)


@given(st.lists(WISHES, max_size=4), WISHES)
def test_one_plugin_more_never_loosens_what_the_others_wish(
    words: list[object], more: object
) -> None:
    without = [plugin(f"p{n}", psysafe_objections=saying(word)) for n, word in enumerate(words)]
    added = plugin("more", psysafe_objections=saying(more))
    before = Plugins.of(*without).objections([VIEW, MESSAGE], seconds=PATIENT)
    after = Plugins.of(*without, added).objections([VIEW, MESSAGE], seconds=PATIENT)
    for request in (VIEW, MESSAGE):
        assert TIGHTNESS[after.wish(request)] >= TIGHTNESS[before.wish(request)]


@given(st.lists(WISHES, min_size=1, max_size=4), st.data())
def test_an_error_in_a_plugin_never_loosens_what_it_would_have_wished_about_a_view(
    words: list[object], data: st.DataObject
) -> None:
    broken = data.draw(st.integers(0, len(words) - 1))
    healthy = [plugin(f"p{n}", psysafe_objections=saying(word)) for n, word in enumerate(words)]
    with_error = list(healthy)
    with_error[broken] = plugin(f"p{broken}", psysafe_objections=saying(RuntimeError))
    before = Plugins.of(*healthy).objections([VIEW, MESSAGE], seconds=PATIENT)
    after = Plugins.of(*with_error).objections([VIEW, MESSAGE], seconds=PATIENT)
    assert TIGHTNESS[after.wish(VIEW)] >= TIGHTNESS[before.wish(VIEW)]
    # A message still goes out: lowered, unless somebody who is well denies it.
    assert after.wish(MESSAGE) is not None


def test_two_threads_may_ask_at_the_same_time() -> None:
    plugins = Plugins.of(plugin("p", psysafe_objections=objecting(deny("r1"))))
    answers: list[ObjectionAnswer] = []
    threads = [
        threading.Thread(target=lambda: answers.append(plugins.objections([VIEW], seconds=PATIENT)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [ObjectionAnswer(objections=(deny("r1"),))] * 8
