"""The domain: what a school's psychological-safety net is, without any machinery.

Everything here is a frozen value or a pure function. Nothing reads a clock, a file or a
database, nothing is random, nothing calls a plugin.
"""
