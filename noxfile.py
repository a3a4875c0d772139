"""Sessions for people who work on psysafe. `.ci/run` does not need them.

nox -s check runs what must hold before a change lands; bench and mutation are for a quiet hour.
"""

from __future__ import annotations

import nox

nox.options.sessions = ["check"]
nox.options.reuse_existing_virtualenvs = True
SEED = "20200210"


def _install(session: nox.Session) -> None:
    session.install("-q", "-r", "requirements-dev.txt")


def _lint(session: nox.Session) -> None:
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("python", "tools/messages.py", "check")
    session.run("python", "tools/pages.py", "check")


def _types(session: nox.Session) -> None:
    session.run("mypy")
    session.run("pyright")


def _docs(session: nox.Session) -> None:
    session.run("zensical", "build", "--strict", "--clean")


@nox.session
def lint(session: nox.Session) -> None:
    """Style, form, and message files that are up to date."""
    _install(session)
    _lint(session)


@nox.session
def types(session: nox.Session) -> None:
    """mypy strict and pyright."""
    _install(session)
    _types(session)


@nox.session
def tests(session: nox.Session) -> None:
    """The tests. `nox -s tests -- --deep` gives each law many more examples."""
    _install(session)
    arguments = list(session.posargs)
    deep = "--deep" in arguments
    if deep:
        arguments.remove("--deep")
    session.run(
        "python", "-m", "pytest", *arguments, env={"HYPOTHESIS_PROFILE": "deep"} if deep else {}
    )


@nox.session
def docs(session: nox.Session) -> None:
    """The pages, with dead links as errors."""
    _install(session)
    _docs(session)


@nox.session
def messages(session: nox.Session) -> None:
    """Gather new sentences and compile the translations."""
    _install(session)
    session.run("python", "tools/messages.py", "gather")
    session.run("python", "tools/messages.py", "compile")


@nox.session
def bench(session: nox.Session) -> None:
    """The yardstick: everything from one interleaved run."""
    session.install("-q", "-e", ".[sheets,bench]")
    session.run("python", "bench/run.py", *session.posargs)


@nox.session
def mutation(session: nox.Session) -> None:
    """Do the tests notice? A seeded sample of mutants of one room, resumable.

    nox -s mutation -- [--sample 200] src/psysafe/domain/severity.py tests/domain tests/laws
    """
    _install(session)
    session.install("-q", "cosmic-ray>=8.3,<9")
    session.run("python", "tools/mutants.py", "--seed", SEED, *session.posargs)


@nox.session
def check(session: nox.Session) -> None:
    """All that must hold before a change lands."""
    _install(session)
    _lint(session)
    _types(session)
    session.run("python", "-m", "pytest", *session.posargs)
    _docs(session)
