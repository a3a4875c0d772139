"""To write down what a provider said of a message. A room of `commands`."""

from __future__ import annotations

from datetime import datetime

from psysafe.ids import NoticeId, StudentId
from psysafe.sensitivity import record, ref


@record
class RecordReceipt:
    """A receipt over a channel: failed, delivered or read. `signed`: by its provider."""

    student: StudentId = ref()
    notice: NoticeId = ref()
    channel: str = ref()
    state: str = ref()
    signed: bool = ref()
    at: datetime = ref()
