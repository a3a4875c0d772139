"""What a storage, a channel, a scale, a calendar and a vault promise.

Protocols are called by the engine; the frozen records join a plugin to it. A plugin author needs
this package, the face, `psysafe.wire` and `psysafe.testing`, and nothing else.
"""
