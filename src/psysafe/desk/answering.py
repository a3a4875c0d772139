"""For a host: the page behind a link, the button on it, and the calls of providers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import attrs

from psysafe.contracts.http import HttpAnswer
from psysafe.desk.speaking import CatalogueSpeaker
from psysafe.engine.committing import Receipt
from psysafe.engine.links import read_link
from psysafe.engine.receipts import called_back
from psysafe.engine.school import School
from psysafe.engine.words import phrase
from psysafe.errors import N_

if TYPE_CHECKING:
    from psysafe.desk.desk import Desk

ASKED = N_("Somebody waits for your answer. Log in, then say that you have it.")
RUN_OUT = N_("This link cannot be used any more. Log in and look into your inbox.")


@attrs.frozen(kw_only=True)
class AnswerPage:
    """What the page behind a link says to whoever opens it: nothing about anybody.

    `usable`: a button may be shown, for whoever is logged in. Whether it was answered already,
    and who is meant, stands nowhere.
    """

    usable: bool
    text: str


class Acknowledgements:
    """Answers that come from outside. Made by `SafetyNet.acknowledgements`."""

    def __init__(
        self, school: School, speaker: CatalogueSpeaker, desk: Callable[[str], Desk]
    ) -> None:
        self._school = school
        self._speaker = speaker
        self._desk = desk

    def show(self, token: str, language: str | None = None) -> AnswerPage:
        """The page for a GET. It reads nothing of the school and changes nothing.

        Scanners and previews open every link, so opening one acknowledges nothing. Never raises.
        """
        link = read_link(self._school.answering.keys, self._school.part, token)
        usable = link is not None and link.until >= self._school.clock.now()
        said = phrase(ASKED if usable else RUN_OUT)
        return AnswerPage(usable=usable, text=self._speaker.say([said], language))

    def acknowledge(self, token: str, actor: str) -> Receipt | None:
        """The button, for a POST by `actor`, who is logged in at the host.

        None where it was answered before: twice is no fault. Raises NotFoundError for whoever is
        not its receiver, and NotPermittedError PSY623 where the link has run out.
        """
        return self._desk(actor).inbox.acknowledge_link(token)

    def enter(self, code: str, actor: str) -> Receipt | None:
        """The code of an SMS, entered by `actor`, who is logged in.

        As `acknowledge`, and NotPermittedError PSY624 after too many wrong ones.
        """
        return self._desk(actor).inbox.acknowledge_code(code)

    def called(
        self,
        channel: str,
        headers: Mapping[str, str],
        body: bytes,
        query: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """A provider's call over a channel, as it came, and what to answer it. Never raises."""
        now = self._school.clock.now()
        return called_back(self._school, channel, headers, body, query or {}, now)
