"""A zip archive, inflated piece by piece under limits before anybody else may open it.

What the archive says of its own sizes is not believed: each member is inflated here and counted.
What is refused here is never handed on.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final

from psysafe.errors import Fact
from psysafe.intake.grid import refusal, too_long
from psysafe.intake.sheet_marks import INFLATED_LIMIT, RATIO_LIMIT

MEMBER_LIMIT: Final = 2_000
#: Bytes of the list of members: far above MEMBER_LIMIT of them.
_DIRECTORY_LIMIT: Final = 1024 * 1024
_PIECE: Final = 64 * 1024
#: Below this many bytes a ratio says nothing: a short XML part of one letter shrinks that far.
_SMALL: Final = 4 * 1024 * 1024
_END: Final = struct.Struct("<4s4H2LH")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_ENCRYPTED: Final = 0x1


class Archive:
    """The members of a zip whose list is sound; `pieces` inflates one of them."""

    def __init__(self, data: bytes, file: str) -> None:
        """Raises InvalidDataError: PSY245 for what no honest archive has, PSY247 encrypted members,
        PSY248 damaged, PSY021 too many members.
        """
        self._data = data
        self.where: dict[str, Fact] = {"file": file}
        self._inflated = 0
        self._check_directory()
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as read:
                members = read.infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, EOFError):
            raise refusal("PSY248", self.where) from None
        if len(members) > MEMBER_LIMIT:
            raise too_long(file, MEMBER_LIMIT, "members", self.where)
        self.members: dict[str, zipfile.ZipInfo] = {}
        for member in members:
            if member.is_dir():
                continue
            if member.filename.casefold() in {name.casefold() for name in self.members}:
                raise refusal("PSY245", self.where)
            self.members[member.filename] = member

    def _check_directory(self) -> None:
        # The module reads the whole list into objects, so its size is looked at first.
        tail = self._data[-(_END.size + 0xFFFF) :]
        at = len(tail) - _END.size
        if at < 0 or tail[at : at + 4] != b"PK\x05\x06" or tail[-2:] != b"\0\0":
            at = tail.rfind(b"PK\x05\x06")
        if at < 0 or at + _END.size > len(tail):
            raise refusal("PSY248", self.where)
        size = _END.unpack_from(tail, at)[5]
        if size > _DIRECTORY_LIMIT:
            raise refusal("PSY245", self.where)

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of one member, in pieces.

        Raises InvalidDataError PSY245 where it grows beyond the limits, is not as long as the
        archive says, or is an archive itself; PSY247 encrypted; PSY248 damaged.
        """
        member = self.members[name]
        if member.flag_bits & _ENCRYPTED:
            raise refusal("PSY247", self.where)
        total = 0
        for piece in self._raw(member):
            if total == 0 and piece.startswith(b"PK\x03\x04"):
                raise refusal("PSY245", self.where)
            total += len(piece)
            self._inflated += len(piece)
            grown = total > _SMALL and total > RATIO_LIMIT * max(member.compress_size, 1)
            if grown or self._inflated > INFLATED_LIMIT or total > member.file_size:
                raise refusal("PSY245", self.where)
            yield piece
        if total != member.file_size:
            raise refusal("PSY245", self.where)

    def _raw(self, member: zipfile.ZipInfo) -> Iterator[bytes]:
        start = self._start(member)
        packed = memoryview(self._data)[start : start + member.compress_size]
        if len(packed) != member.compress_size:
            raise refusal("PSY248", self.where)
        if member.compress_type == zipfile.ZIP_STORED:
            for at in range(0, len(packed), _PIECE):
                yield bytes(packed[at : at + _PIECE])
            return
        if member.compress_type != zipfile.ZIP_DEFLATED:
            raise refusal("PSY248", self.where)
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for at in range(0, len(packed), _PIECE):
                rest = bytes(packed[at : at + _PIECE])
                while rest:
                    if piece := inflate.decompress(rest, _PIECE):
                        yield piece
                    rest = inflate.unconsumed_tail
            while piece := inflate.decompress(b"", _PIECE):
                yield piece
        except zlib.error:
            raise refusal("PSY248", self.where) from None
        if not inflate.eof:
            raise refusal("PSY248", self.where)

    def _start(self, member: zipfile.ZipInfo) -> int:
        """Where a member's bytes begin, behind its own header."""
        at = member.header_offset
        if not 0 <= at <= len(self._data) - _LOCAL.size:
            raise refusal("PSY248", self.where)
        signature, *_, name, extra = _LOCAL.unpack_from(self._data, at)
        if signature != b"PK\x03\x04":
            raise refusal("PSY248", self.where)
        return int(at + _LOCAL.size + name + extra)
