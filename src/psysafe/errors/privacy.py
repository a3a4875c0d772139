"""Codes 7xx: privacy and keys. Each says what, why it matters, and the cure."""

from __future__ import annotations

from typing import Final

#: what, why, the cure; `{fact}` places are filled by whoever raises it
CODES: Final[dict[str, tuple[str, str, str]]] = {
    "PSY701": (
        "the privacy matrix is wrong at row {row}: {problem}",
        "who may see what would be guessed",
        "restore the shipped file",
    ),
    "PSY703": (
        "a plugin objects, or failed: {plugin}",
        "an error or an objection denies a disclosure; it never stops an alarm",
        "mend the plugin or disable it; see psysafe plugins",
    ),
    "PSY702": (
        "no rule for {viewer}, {item}, {state}: denied",
        "what no rule allows is not shown",
        "nothing to do; a missing row of the matrix is a defect",
    ),
    "PSY705": (
        "who is said to do harm is not named yet",
        "the usual order of calls may tell just that person",
        "bar them: psysafe bar set STUDENT PERSON; or repeat the report with --accused",
    ),
    "PSY706": (
        "what a hospital stated needs {field}",
        "a diagnosis is the hospital's word: who said it, and where it is written",
        "repeat the command with institution, diagnosis and document",
    ),
    "PSY707": (
        "this names an illness",
        "a school screens and accompanies, it does not diagnose",
        "write what was seen and heard; what a hospital stated goes in by psysafe hospital",
    ),
    "PSY708": (
        "a question to the policy is wrong at {key}",
        "an answer to another question would be taken for one to this",
        "say viewer and item; see psysafe policy ask --help",
    ),
    "PSY709": (
        "line {line} is no JSON object",
        "it was not answered; the other lines were",
        "write one object a line",
    ),
    "PSY710": (
        "the vault is off: names, notes and answers lie in the database as they are",
        "whoever copies the file reads every record, and nobody can be erased from the copies",
        "install psysafe-vault and make the school with psysafe init; see docs/how-to/keys.md",
    ),
    "PSY711": (
        "the key of record {record} is not there: {problem}",
        "the record is whole, but nobody can read it",
        "put the newest backup of the key store back, then psysafe keys check",
    ),
    "PSY712": (
        "record {record} was changed after it was sealed",
        "what it says is not what was written",
        "restore it from a backup; everything else is readable",
    ),
    "PSY713": (
        "record {record} is of somebody who was erased",
        "their keys were destroyed, as they were promised",
        "nothing to do; nobody can bring it back",
    ),
    "PSY714": (
        "the key-encryption key is not there or not the right one: {problem}",
        "no record of the school can be read or kept",
        "put it back where [vault] key says, or: psysafe keys recover",
    ),
    "PSY715": (
        "the key store cannot be used: {problem}",
        "without it no record of the school can be read",
        "put the newest backup of the key store back; never make a new one over an old school",
    ),
    "PSY716": (
        "key {number} of the key store is damaged",
        "one student's records cannot be read until it is put back",
        "put the newest backup of the key store back, then psysafe keys check",
    ),
    "PSY717": (
        "the recovery shares do not fit: {problem}",
        "a key put together wrongly opens nothing",
        "type both again from the paper; they must be of one pair and of the present key",
    ),
    "PSY718": (
        "this is not possible with these keys: {problem}",
        "keys that exist are never written over",
        "see psysafe keys check",
    ),
    "PSY719": (
        "no recovery shares were made of the present key",
        "if the key is lost, every record of the school is lost with it",
        "run psysafe keys shares and give the two shares to two people",
    ),
    "PSY720": (
        "a rotation of the key was interrupted",
        "two keys are in use; both must be kept until it is finished",
        "run psysafe keys rotate --apply again",
    ),
    "PSY721": (
        "{count} keys of erased people are still there",
        "an erasure was interrupted",
        "run psysafe keys rotate --apply, which drops them",
    ),
    "PSY722": (
        "students of whom a record cannot be read: {count}",
        "a call about them may be due that nobody hears",
        "run psysafe verify and psysafe keys check; restore what they name; telephone meanwhile",
    ),
    "PSY723": (
        "something still stands against erasing this student: {blocking}",
        "what is still owed, or may still be asked for, would be gone for good",
        "bring it to its end first; see psysafe bar lift, psysafe hold lift",
    ),
    "PSY724": (
        "the time for which the file is kept is not up: {kept}",
        "the school has promised to keep it so long",
        "wait, or erase it because it was asked for: --basis request",
    ),
    "PSY725": (
        "an erasure was begun and is not finished: {count}",
        "keys, or bytes on the disk, are left of somebody who was promised to be forgotten",
        "run psysafe audit when nobody else uses the database; it goes on by itself every day",
    ),
    "PSY726": (
        "record {record} was emptied, and nobody says by which erasure",
        "whoever empties records could hide what happened",
        "keep the file as it is and compare it with a backup",
    ),
    "PSY727": (
        "this backup cannot be put back: {problem}",
        "a school would go on with what is damaged, or another's",
        "take another backup; nothing was changed",
    ),
    "PSY728": (
        "another process has the database open",
        "what it writes meanwhile would be lost",
        "stop psysafe everywhere, then say it again; nothing was changed",
    ),
    "PSY729": (
        "there is a database already: {file}",
        "putting a backup back undoes everything that happened since",
        "say --over where that is wanted; the old one is kept beside it",
    ),
    "PSY738": (
        "this request can be answered or withdrawn no more",
        "it was answered, used or withdrawn, or its time is up",
        "see psysafe approve list, and ask again",
    ),
    "PSY739": (
        "this cannot be signed: {problem}",
        "whose name stands under it answers for who sees, and until when",
        "see psysafe grants list, and psysafe plan show, who may do what",
    ),
    "PSY740": (
        "this store cannot do that: {what}",
        "a promise that cannot be kept is not given",
        "use a storage that can, such as sqlite",
    ),
    "PSY741": (
        "students whose time is up",
        "what is kept longer than was promised needs a reason",
        "see psysafe retention, and erase them one by one: psysafe forget",
    ),
    "PSY743": (
        "a request of this person waits already",
        "one answer is enough for both",
        "wait for the answer; it is owed by a time",
    ),
    "PSY744": (
        "this person may not have what counselors wrote down",
        "notes are told to the student, and to a guardian of a child known to be under {age}",
        "leave --notes out; enter the date of birth where it is missing",
    ),
    "PSY745": (
        "nothing is held about this student",
        "there is no hold to lift",
        "nothing to do",
    ),
    "PSY746": (
        "nobody has looked it over yet; it is owed until {until}",
        "what counselors wrote may concern other people too",
        "wait until then, or ask the counselor",
    ),
    "PSY747": (
        "the school shows more than the shipped table at {row} until {until}, signed by {by}",
        "whoever opens the school knows that its own policy is in force",
        "nothing to do; to end it sooner take the row out of the file and adopt the file again",
    ),
    "PSY748": (
        "the school's own policy is not what was adopted: {problem}",
        "what was adopted goes on to count; what cannot be read or proved shows nothing more",
        "compare the file, then psysafe policy check and psysafe policy adopt",
    ),
    "PSY749": (
        "who sees by their role: {problem} ({people})",
        "whoever writes the staff file would say alone who reads about students; "
        "alarms reach everybody all the same",
        "psysafe grants list, sign and begin; see docs/how-to/sign-who-sees.md",
    ),
    "PSY742": (
        "there is a file already: {file}",
        "a backup that is written over another leaves none while it is being written",
        "give it another name",
    ),
    "PSY750": (
        "psysafe calls nobody: {told} of {listed} on the emergency list were told so",
        "whoever is in danger is looked after by people alone until it is mended",
        "work by telephone; mend what stands beside this, then psysafe tick",
    ),
    "PSY751": (
        "there is no emergency call list",
        "where the keys or the records cannot be opened, nobody hears that nobody is called",
        "name the telephones on duty in [emergency] of psysafe.toml; see docs/how-to/keys.md",
    ),
    "PSY752": (
        "somebody on the emergency list cannot be reached over channel {channel}: {problem}",
        "they would not hear that nobody is called",
        "correct it in [emergency.call]; psysafe channels test {channel} tries an address",
    ),
    "PSY753": (
        "no signed heads of the journal are kept in a second place",
        "an older copy of the whole database could be put back, and nobody would see it",
        "psysafe heads init, then [heads] to and check in psysafe.toml; each day's tick exports",
    ),
    "PSY754": (
        "in {place} lies no genuine head of the last {hours} hours",
        "what is done to the journal since the last one there cannot be shown",
        "see that the place can be written, and that its heads are signed; psysafe heads export",
    ),
    "PSY730": (
        "a stated reason opens for more than no time and at most {most} hours",
        "a look that never ends is a right that nobody gave",
        "say fewer hours; say your reason again when they are over",
    ),
    "PSY731": (
        "{most} looks for a stated reason wait for their review",
        "a look that nobody reviews is a right that nobody gave",
        "ask the leading group to review them: psysafe looked review",
    ),
    "PSY704": (
        "this table of figures cannot be shown: {problem}",
        "small counts could be worked out from it",
        "ask for fewer rows or columns",
    ),
    "PSY732": (
        "a head of the chain is not genuine, or cannot be signed: {problem}",
        "a head that anybody could write proves nothing",
        "take the head from its second place, the key from paper; docs/how-to/prove-the-journal.md",
    ),
    "PSY733": (
        "the journal ends at {ends}, and a head says {position}: its tail was cut",
        "what was cut off happened, and nothing here knows of it any more",
        "keep the file as it is; restore the newest backup and compare both",
    ),
    "PSY734": (
        "the records {first} and {second} were swapped",
        "the order of what happened is not the order in which it was written",
        "keep the file as it is and restore it from a backup",
    ),
    "PSY735": (
        "the journal is whole and ends at {ends}, but a head says {position}: an old backup",
        "what happened since the backup is missing here",
        "restore a newer one, or enter by hand what happened since",
    ),
    "PSY736": (
        "a record between {first} and {last} was edited after it was written",
        "what it says cannot be trusted any more",
        "keep the file as it is and restore it from a backup",
    ),
    "PSY737": (
        "the journal came to {position} in another way than the head says",
        "it was written anew, or an old backup was restored and used",
        "keep the file as it is; compare it with a backup that the head fits",
    ),
}
