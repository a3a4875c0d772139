"""Codes 0xx: the face and refusals. Each says what, why it matters, and the cure."""

from __future__ import annotations

from typing import Final

#: what, why, the cure; `{fact}` places are filled by whoever raises it
CODES: Final[dict[str, tuple[str, str, str]]] = {
    "PSY001": (
        "nothing here under that name, or not for you",
        "what you may not know answers exactly like what does not exist",
        "check the id; ask the counselor if you think you should see it",
    ),
    "PSY002": (
        "you may not do this: {action}",
        "each step of a case belongs to certain roles of the plan",
        "see `psysafe explain`, or ask somebody who holds the role",
    ),
    "PSY003": (
        "somebody else changed the same record first",
        "writing now would undo what they did",
        "look again and repeat the command if it is still right",
    ),
    "PSY004": (
        "the command id {command} was used before with other content",
        "a repeated command must be the same command",
        "use a new command id",
    ),
    "PSY005": (
        "{action} is not possible while the case is {state}",
        "the steps of a case have an order that protects the student",
        "look at the case: its state names what can be done now",
    ),
    "PSY006": (
        "a reason is needed for {action}",
        "whoever reads this later must be able to understand it",
        "repeat the command with the reason",
    ),
    "PSY007": (
        "lowering an assessed {severity} needs a second assessor",
        "one tired person at night must not lower it alone",
        "name a second person with the assessor's role, who is not you",
    ),
    "PSY008": (
        "the case cannot be closed yet: {blocking}",
        "something that is still owed would be forgotten",
        "meet or hand over what is listed, then ask again",
    ),
    "PSY009": (
        "whoever asked for the closure cannot approve it",
        "a second pair of eyes decides",
        "let another counselor or the leading group approve",
    ),
    "PSY010": (
        "a dismissal at {severity} or above belongs to a counselor",
        "a danger must not be waved away by somebody without the training",
        "ask the counselor to triage it",
    ),
    "PSY011": (
        "a crisis needs {field}",
        "those who are called must know where the child is and what is proposed",
        "repeat the command with it",
    ),
    "PSY012": (
        "nobody acknowledged the route {route}",
        "everybody on the route was asked and nobody answered",
        "call by telephone now; then mend the route in the plan",
    ),
    "PSY013": (
        "this is no code of the register: {register}",
        "an unknown code would be read by nobody",
        "write one of: {codes}; psysafe doctor --codes lists all registers",
    ),
    "PSY014": (
        "the time {field} carries no zone",
        "a time without zone can be eight hours wrong",
        "write it with an offset, such as 2026-11-02T08:30+08:00",
    ),
    "PSY081": (
        "no death is entered for this student",
        "only a death that was entered can be taken back",
        "look whether it is another student whose death was entered",
    ),
    "PSY082": (
        "a person who is named is neither of the school nor a guardian of the student",
        "only somebody of whom the school knows can be passed by",
        "look the id up in the roster; say who it is in the reason where they are not in it",
    ),
    "PSY083": (
        "this guardian is not to be told",
        "whoever is suspected of harm must see no trace of the help",
        "tell another guardian; ask the safeguarding lead",
    ),
    "PSY084": (
        "somebody is named, but no harm by an adult is reported",
        "a person is barred for a suspicion, never without one",
        "add the danger fact harm_by_adult, or leave the name out",
    ),
    "PSY085": (
        "this bar is confirmed already",
        "it stands until somebody lifts it",
        "nothing to do",
    ),
    "PSY086": (
        "a round waits until a time that is still to come",
        "a time that has passed lets nothing wait",
        "give a later time",
    ),
    "PSY015": (
        "no actor: say who acts",
        "whatever touches a student's data is done by somebody",
        "add --as, for example --as staff:t-002",
    ),
    "PSY016": (
        "time travel is for rehearsals: --at is refused here",
        "a real school's journal must carry real times",
        "make a rehearsal school: psysafe init --rehearsal",
    ),
    "PSY017": (
        "--at lies before the last thing that happened",
        "a journal cannot run backwards",
        "use {last} or later",
    ),
    "PSY018": (
        "the folder already holds {file}",
        "init never writes over a school",
        "choose an empty folder",
    ),
    "PSY019": (
        "no school here: {path} is missing",
        "psysafe works on one school's folder",
        "run psysafe init, or give --school",
    ),
    "PSY020": (
        "{action} did not finish: the same record kept changing",
        "other people work on it at this moment",
        "repeat the command",
    ),
    "PSY021": (
        "{field} is longer than {limit} {unit}",
        "every input has a limit, so that nobody can stop the school with one file",
        "shorten or split it",
    ),
    "PSY022": (
        "{action} needs a lead who is not yet named",
        "an open case without a lead belongs to nobody",
        "name the counselor who leads, or whoever the plan lets stand in (lead_case)",
    ),
    "PSY023": (
        "this notice was already acknowledged",
        "the first answer stopped the route",
        "look at the case: somebody has it",
    ),
    "PSY024": (
        "nobody is there to read this: the role {role} has no present holder",
        "a flag that nobody reads is worse than no screening",
        "give somebody the role, or name a deputy, then repeat the command",
    ),
    "PSY025": (
        "psysafe itself failed: {problem}",
        "this is a defect of the program, not a mistake of yours",
        "run psysafe verify, then report what the command with -v shows",
    ),
    "PSY026": (
        "a student reports as self_report, a guardian as guardian, and each about their own only",
        "whoever reads it later must know from whom it comes",
        "report about yourself or your own child that way; about anybody else, leave a note",
    ),
    "PSY027": (
        "nobody at school can answer at this moment",
        "a question that nobody reads would only seem to be answered",
        "telephone 12356, day and night; in danger 110 or 120",
    ),
    "PSY028": (
        "{action} does not fit: the survey of this class is {state}",
        "a class has one survey at a time, so that nothing is asked or told twice",
        "see `psysafe survey list`",
    ),
    "PSY029": (
        "the survey cannot be closed: {missing} students still have no entry",
        "a student who was away or came back must not be left out by oversight",
        "enter each of them: concern, no_concern or not_reached",
    ),
    "PSY030": (
        "a survey is closed with a word about all the others",
        "no report at all is not the same as nothing to report",
        "say that there is no concern about the others, or enter them",
    ),
    "PSY031": (
        "{limit} notes of yours are still being checked",
        "people read each of them; more at once would hide the one that matters",
        "telephone the counselor or 12356; in danger 110 or 120",
    ),
    "PSY032": (
        "no one-to-one support is under way",
        "what has not begun cannot be ended",
        "see `psysafe support list`",
    ),
    "PSY033": (
        "the time under {field} does not fit",
        "a fact ends after it began, and is kept only while its purpose is open",
        "give an end after the beginning, and a closing date that lies ahead",
    ),
    "PSY034": (
        "where is the student now?",
        "whoever is called goes there first",
        "find out, and say it: psysafe place CASE PLACE, or report again with --place",
    ),
    "PSY035": (
        "the class {class_id} has nobody who could do its survey",
        "its students would be asked by nobody",
        "give the class a homeroom teacher, or the grade a head; then start the survey again",
    ),
    "PSY036": (
        "this note is {state} already",
        "what somebody has checked is not checked twice",
        "see `psysafe notes` for those that wait",
    ),
    "PSY050": (
        "this shift or way of keeping a roster cannot be",
        "a shift has a roster, a beginning before its end, and lies ahead",
        "name a roster of `psysafe doctor --codes`; at most 31 days long and 400 days ahead; "
        "places from 1 to 100; hours as 17:00 and 07:30; a campus of at most 40 letters",
    ),
    "PSY051": (
        "{person} is on duty at that time already",
        "nobody can stand in two places, and whoever is called must be free to go",
        "take another time or person; `psysafe duty override` puts somebody else for a while",
    ),
    "PSY052": (
        "the roster {roster} has no place left then: {places}",
        "where more people are on duty than was meant, each may think that the other goes",
        "use `psysafe duty override` or `swap`, or give it more places with `psysafe duty keep`",
    ),
    "PSY053": (
        "{person} holds no role of the roster {roster} for the whole of that time, or in a swap "
        "for fewer classes than whoever stands there",
        "whoever is called at night must be somebody whom the school has given that task",
        "give the role in the staff file (范围, 起, 止) first, or name somebody who holds it",
    ),
    "PSY054": (
        "{person} is away in that time",
        "a shift of somebody who is away is a night in which nobody comes",
        "name somebody who is there, or mend the absence in the staff file",
    ),
    "PSY055": (
        "nobody is on duty in the roster {roster} from {since} until {until}",
        "whoever asks for them then goes on to the next step at once, and finds one person less",
        "assign somebody: psysafe duty rotate, duty override, or import duty",
    ),
    "PSY056": (
        "the plan asks who is on duty as {role}, and no roster says so",
        "every present holder of the role is asked, also those who are asleep at home",
        "keep one: psysafe import duty FILE, or psysafe duty rotate",
    ),
    "PSY057": (
        "the rosters of duty hold at most {limit} shifts",
        "they are read with every step that is taken for a student",
        "assign fewer months at once; shifts that are over fall away after 30 days",
    ),
    "PSY058": (
        "these two shifts cannot be swapped",
        "a swap is of two people, of shifts that have not begun, and each is proposed once",
        "see `psysafe duty show`; withdraw what you proposed before; for a shift that has begun "
        "use `psysafe duty override`",
    ),
    "PSY059": (
        "several people are on duty in the roster {roster} then: instead of whom?",
        "the wrong person would be sent home",
        "name them: --instead-of PERSON",
    ),
    "PSY046": (
        "this school was opened without a directory of the host's people",
        "there is nothing to compare with",
        "give one: SafetyNet.open(..., directory=...); files go through import",
    ),
    "PSY047": (
        "{activity} is not switched on for {place} on {day}",
        "what the school's plan does not do then has nobody who answers for it",
        "see psysafe plan show --at {day}; add [activities.{activity}] or the phase to plan.toml,"
        " or leave these classes out",
    ),
    "PSY037": (
        "the lead must be another counselor who is there",
        "a case that is offered to somebody who cannot take it belongs to nobody",
        "name a counselor of this student who is present and does not lead already",
    ),
    "PSY038": (
        "the lead was not offered to you",
        "whoever leads a case was asked and has agreed",
        "ask for the lead to be assigned to you first",
    ),
    "PSY039": (
        "a return needs the meeting before it",
        "whoever comes back finds people who know what was agreed; a signature is no condition",
        "say who met and what was agreed",
    ),
    "PSY040": (
        "a transfer needs the receiving school and who there has acknowledged it",
        "until somebody has taken the student on, this school keeps every duty",
        "name the school and the person who acknowledged",
    ),
    "PSY041": (
        "an alarm is not called off at high or above",
        "a danger that is still there goes on being an alarm",
        "name the corrected level, or assess the case instead",
    ),
    "PSY042": (
        "the case cannot be voided: somebody outside was told",
        "what left the school must stay explainable",
        "stand it down, or close it",
    ),
    "PSY043": (
        "nothing that was dismissed waits to be read here",
        "only what waits can be read off",
        "look at the list of what was dismissed",
    ),
    "PSY044": (
        "this student's file is frozen",
        "after a death nothing about the student goes on by itself",
        "tell what was seen or heard as a report (psysafe report STUDENT ...): it is kept, and "
        "somebody asks whether the entry is right; answers and contacts are entered no more; where "
        "the student is alive, take the entry back: psysafe alive STUDENT --reason '...'",
    ),
    "PSY045": (
        "a duty of this sort is met by its own step",
        "it must be seen in the file that it was done, and not only said",
        "take the step that the duty names",
    ),
    "PSY060": (
        "{field}: who is with the student, or has received them, is missing",
        "a child for whom nobody answers by name is alone",
        "name the adult",
    ),
    "PSY061": (
        "{step} does not follow while the report is {state}",
        "a report is drafted, approved by somebody else, submitted, acknowledged",
        "take the step that comes next",
    ),
    "PSY065": (
        "this person cannot supervise whoever leads",
        "a supervisor is somebody else than the lead, is there, and may supervise by the plan",
        "name a counselor or an expert who is there (supervise_lead); "
        "psysafe plan show lists who may",
    ),
    "PSY066": (
        "cases whose lead needs a supervisor and has none",
        "whoever was not trained for it and leads alone has nobody to ask, and no second person",
        "name one on each case: psysafe supervisor CASE PERSON; "
        "whoever owes it has it in their list",
    ),
    "PSY067": (
        "{path}: {roles} lead a case only under supervision, and nobody here may supervise",
        "a trained teacher who leads has a supervisor by name (practice)",
        "enter the counseling expert of the district in the staff file, "
        "or let another role supervise",
    ),
    "PSY092": (
        "{path}: nothing starts a route on guardian",
        "telling the guardians is a duty with a time and a fallback (tell_guardian); a route that "
        "waits for it would never call anybody",
        "take the route out, and set times and fallback in [deadlines.tell_guardian]; or start it "
        "on crisis",
    ),
    "PSY064": (
        "{path}: a step goes on although it was answered, where an answer must stop the calls",
        "a call is stopped by whoever has it; only a network that tells its levels goes on",
        'use answer = "onward" in routes with on = "opened", in each step but the last',
    ),
    "PSY063": (
        "whoever drafted the report does not approve it",
        "a second pair of eyes answers for what leaves the school",
        "let the head or the deputy of the leading group approve",
    ),
    "PSY087": (
        "wake-ups were lost and are made up for: {count}",
        "somebody would not have been called, and nobody would have seen it",
        "find out why: a restored backup, a damaged store, a tick that never ran",
    ),
    "PSY088": (
        "open duties whose owner has left or is away without a deputy",
        "they pass on only when their time is up",
        "enter a deputy, or let the leading group look at the overdue ones",
    ),
    "PSY089": (
        "cases that nobody has and about which nobody is called",
        "a report that nobody hears is the harm that this program exists to prevent",
        "let a counselor look at the list of cases now",
    ),
    "PSY078": (
        "{action} is not possible while the collective sign is {state}",
        "a sign is looked at, a proposal is made, and somebody else answers it",
        "look at `psysafe sign list`: its state names what can be done now",
    ),
    "PSY079": (
        "whoever proposed it does not answer it",
        "a second pair of eyes decides what is done with a whole group",
        "let the head or the deputy of the leading group answer",
    ),
    "PSY080": (
        "no measure is proposed",
        "an early sign is reported with what is to be done about it",
        "name at least one measure of `psysafe doctor --codes`",
    ),
}
