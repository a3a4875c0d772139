"""The chain of a journal, link by link, and what each thing that does not fit comes from.

A link is computed over the bytes as they are stored, so a changed byte breaks one commit and no
other. What broke it is found out by putting it right: where exchanging two records makes every link
fit again, the two were swapped; else a row was edited. A head that was exported says how far the
journal had come, and by which link: a journal that ends earlier was cut, or is an old backup, and
one that came there another way is another journal.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

import attrs

from psysafe.contracts.storage import (
    FIRST_LINK,
    Record,
    Snapshot,
    commit_digest,
    next_link,
)
from psysafe.errors import Fact, Finding

#: Records of broken commits among which a swapped pair is looked for: some thousand trials.
_TRIED: Final = 60


@attrs.define
class _Broken:
    """Commits that stand together and do not fit, and the link before them."""

    before: bytes
    rows: list[Record] = attrs.field(repr=False)


@attrs.define
class Chain:
    """Takes the records of a journal in their order, and says in the end what does not fit."""

    heads: dict[int, str]
    """links that were exported earlier, by position"""
    findings: list[Finding]
    whole: bool = True
    link: bytes = FIRST_LINK
    position: int = 0
    records: int = 0
    _pending: list[Record] = attrs.field(factory=list, repr=False)
    _broken: list[_Broken] = attrs.field(factory=list, repr=False)
    _fits: bool = True
    _gap: bool = False

    def take(self, one: Record) -> None:
        """One more record, in the order of positions."""
        if one.position != self.position + 1:
            self._gap = True
            self.whole = False
            facts: dict[str, Fact] = {
                "record": f"journal {self.position + 1}",
                "problem": "missing",
            }
            self.findings.append(Finding(code="PSY403", facts=facts))
        self.position, self.records = one.position, self.records + 1
        self._pending.append(one)
        if one.link is not None:
            self._linked(one.link)

    def _linked(self, stored: bytes) -> None:
        fits = next_link(self.link, commit_digest(self._pending)) == stored
        if not fits:
            self._breaks(self.position)
            if not self._gap:
                self._remember()
        self._fits, self._gap = fits, False
        self.link, self._pending = stored, []
        wanted = self.heads.pop(self.position, None)
        if wanted is not None and wanted != stored.hex():
            self._breaks(self.position)
            self.findings.append(Finding(code="PSY737", facts={"position": self.position}))

    def _breaks(self, position: int) -> None:
        self.whole = False
        self.findings.append(Finding(code="PSY404", facts={"position": position}))

    def _remember(self) -> None:
        if not self._fits and self._broken:
            self._broken[-1].rows += self._pending
        else:
            self._broken.append(_Broken(before=self.link, rows=list(self._pending)))

    def end(self, snapshot: Snapshot) -> None:
        """No more records: what stands open, and what the store itself says of its end."""
        at_end = (snapshot.link, snapshot.position) == (self.link, self.position)
        if self._pending or not at_end:
            self._breaks(self.position)
        self.findings += self._causes()

    def _causes(self) -> Iterator[Finding]:
        swapped = _swapped(self._broken)
        if swapped is not None:
            first, second = swapped
            yield Finding(code="PSY734", facts={"first": first, "second": second})
            return
        for broken in self._broken:
            facts: dict[str, Fact] = {
                "first": broken.rows[0].position,
                "last": broken.rows[-1].position,
            }
            yield Finding(code="PSY736", facts=facts)

    def older(self, *, replays: bool) -> None:
        """What the heads say that lie behind the end of this journal.

        `replays`: every document is what this journal makes of it, and everything else fits.
        """
        if self.heads.get(0) == FIRST_LINK.hex():
            del self.heads[0]  # of a school in which nothing had happened: every journal fits it
        for position in sorted(self.heads):
            # Whoever cuts rows off leaves documents that nothing explains. A backup is in itself
            # whole: it only ends too early.
            code = "PSY735" if self.whole and replays else "PSY733"
            if position <= self.position:
                code = "PSY737"  # no commit of this journal ends there
            facts: dict[str, Fact] = {"position": position, "ends": self.position}
            self.findings.append(Finding(code=code, facts=facts))
        self.whole = self.whole and not self.heads


def _swapped(broken: Sequence[_Broken]) -> tuple[int, int] | None:
    """The positions of two records that were exchanged: with them back, every link fits."""
    places = [(n, i) for n, span in enumerate(broken) for i in range(len(span.rows))]
    if not places or len(places) > _TRIED:
        return None
    for one, other in itertools.combinations(places, 2):
        for links_too in (False, True):
            spans = [list(span.rows) for span in broken]
            _exchange(spans, one, other, links_too)
            if all(map(_fit, (span.before for span in broken), spans)):
                return broken[one[0]].rows[one[1]].position, broken[other[0]].rows[
                    other[1]
                ].position
    return None


def _exchange(
    spans: Sequence[list[Record]], one: tuple[int, int], other: tuple[int, int], links_too: bool
) -> None:
    (a, i), (b, j) = one, other
    x, y = spans[a][i], spans[b][j]
    if not links_too:
        x, y = attrs.evolve(x, link=y.link), attrs.evolve(y, link=x.link)
    spans[a][i], spans[b][j] = y, x


def _fit(link: bytes, rows: Sequence[Record]) -> bool:
    """Whether a run of records is whole commits, each with the link that it must have."""
    pending: list[Record] = []
    for row in rows:
        pending.append(row)
        if row.link is None:
            continue
        if next_link(link, commit_digest(pending)) != row.link:
            return False
        link, pending = row.link, []
    return not pending
