"""The case machine: from a report through triage and crisis to a closed case.

`deciding` answers one command with the events that come of it, or refuses with a coded reason.
`guards` holds what must be true before a step.
"""
