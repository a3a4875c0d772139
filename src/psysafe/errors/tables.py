"""Codes 2xx: what comes in from files. Each says what, why it matters, and the cure."""

from __future__ import annotations

from typing import Final

#: what, why, the cure; `{fact}` places are filled by whoever raises it
CODES: Final[dict[str, tuple[str, str, str]]] = {
    "PSY201": (
        "{column}: the column is missing",
        "rows cannot be understood without it",
        "add the column; the first line must hold the headings",
    ),
    "PSY202": (
        "{column}: there is no such role",
        "a person with an unknown role would be told nothing",
        "use a role of the register (psysafe doctor --codes)",
    ),
    "PSY203": (
        "the number has lost digits",
        "two pupils could become one",
        "format the column as text and type it again",
    ),
    "PSY204": (
        "no student with this number",
        "answers without a student would be lost",
        "import the student first, or correct the number",
    ),
    "PSY205": (
        "the answer to item {item} is off the response scale",
        "a wrong column or a typing error would be scored",
        "use one of {allowed}, or leave it empty",
    ),
    "PSY206": (
        "the row has {found} cells, the heading {expected}",
        "values may stand in the wrong column",
        "mend the row",
    ),
    "PSY207": (
        "the file's encoding is not understood",
        "names would be damaged",
        "save it as UTF-8 or GB18030",
    ),
    "PSY208": (
        "{column}: the cell is empty",
        "the row cannot be used without it",
        "fill it in",
    ),
    "PSY209": (
        "the time is not understood",
        "a sheet's date decides what is new",
        "write it as 2026-11-02T08:30",
    ),
    "PSY210": (
        "different answers for the same student, scale and time",
        "one of the two sheets is wrong",
        "look at both; give the right one its own time",
    ),
    "PSY211": (
        "{column}: the range is not understood",
        "it decides whose students this person answers for",
        "write a class, grades separated by a semicolon, or 全校",
    ),
    "PSY212": (
        "the file {file} cannot be read",
        "nothing was changed",
        "check path and rights",
    ),
    "PSY213": (
        "the number stands twice in the file",
        "two rows would become one student",
        "correct one of them",
    ),
    "PSY214": (
        "no staff member answers to this homeroom teacher's name, or several do",
        "the class would have no first line",
        "import staff first; write the staff_id where two share a name",
    ),
    "PSY215": (
        "the date {column} is not understood",
        "it decides from when somebody answers for whom",
        "write it as 2026-09-01",
    ),
    "PSY216": (
        "answers to {scale} taken at this time are known already",
        "a second run changes nothing",
        "nothing to do",
    ),
    "PSY217": (
        "the file holds a character that is no text",
        "it is damaged, or no table of text",
        "export it again as CSV in UTF-8",
    ),
    "PSY218": (
        "{column}: the heading stands twice",
        "which of the two columns counts would be guessed",
        "remove or rename one of them",
    ),
    "PSY219": (
        "the file holds no table",
        "there is nothing to read",
        "the first line must hold the headings, each further line one row",
    ),
    "PSY220": (
        "the quotation marks of this row are not in pairs",
        "everything after them would be read as one cell",
        "mend the row, or export the table again",
    ),
    "PSY221": (
        "{count} columns are not read: {columns}",
        "what stands in them changes nothing here",
        "nothing to do, unless one of them has a misspelt heading",
    ),
    "PSY222": (
        "{column}: another row about the same person says something else",
        "which of the two is right would be guessed",
        "make the rows agree, or give times that do not overlap",
    ),
    "PSY223": (
        "the staff_id cannot be used as an id",
        "ids stand in logs and in file names",
        "use at most 32 of A-Z, a-z, 0-9, dot, underscore, hyphen",
    ),
    "PSY224": (
        "{column}: the end does not lie after the beginning",
        "the role or absence would never hold",
        "correct one of the two dates",
    ),
    "PSY225": (
        "{column}: the deputy is nobody of the staff, or the person themselves",
        "nobody would stand in during an absence",
        "write the staff_id of a member of staff",
    ),
    "PSY226": (
        "{column}: the grade or class is not understood",
        "it decides who answers for the student",
        "write the grade as 高一 and the class as 3班 or 高一(3)班",
    ),
    "PSY227": (
        "{column}: the telephone number is not understood",
        "in a crisis nobody could call",
        "write its digits; separate two numbers with a semicolon",
    ),
    "PSY228": (
        "{column}: the class has another homeroom teacher already",
        "both will be told of its students",
        "if one of them has left, enter the day in 止 of the staff file",
    ),
    "PSY229": (
        "{column}: this relation has ended and is not begun again",
        "an old file must not give back the sight of students",
        "to begin it again, enter it in the staff file with the new day in 起",
    ),
    "PSY230": (
        "{column}: the number is not understood",
        "a student is known by it",
        "use digits, letters and hyphens only, at most 32",
    ),
    "PSY232": (
        "{column}: the relation is none of the known words; taken as emergency contact",
        "an emergency contact is not told what a legal guardian is",
        "write 父子, 母女, 监护人 or 祖孙 if one of them is meant",
    ),
    "PSY233": (
        "the items name {found} columns for {expected} items",
        "an answer would be counted for the wrong item",
        "name one column for each item, such as D1-D9",
    ),
    "PSY234": (
        "{column}: this guardian's relation has ended and is not begun again",
        "an old file must not give back the sight of a student",
        "take the guardian out of the file; only a person may begin the relation again",
    ),
    "PSY235": (
        "the identity {source} of student {student} is another student's already",
        "a report about one child would reach the other one's file",
        "correct the number of one of the two",
    ),
    "PSY260": (
        "the row has no number, and somebody of this name is in this class",
        "a name is no identity: the row may be about them or about somebody else",
        "look the student up and write the number into the row",
    ),
    "PSY261": (
        "{column}: {count} people are named, and it is not said whose relation or telephone it is",
        "in a crisis the wrong person would be called",
        "write relations and telephones in the order of the names, or one person a column",
    ),
    "PSY262": (
        "{column}: no column of this name can be filled up or kept",
        "only what is needed is read at all",
        "--pad takes 学号, 学籍号; --keep takes 身份证号, 性别, 出生日期, 住址, 就读方式, 健康状况",
    ),
    "PSY263": (
        "{column}: a file does not take a student out of the school who has died",
        "messages to the family would go on; people must stop them first",
        "take the row out of the file and tell the leading group",
    ),
    "PSY264": (
        "{column}: the word is not known; the student stays as they are",
        "by mistake somebody might lose those who answer for them",
        "write 在读, 转出, 毕业 or 离校",
    ),
    "PSY265": (
        "{column}: the date is not understood and was left out",
        "the row goes in without it",
        "write it as 2010-03-01",
    ),
    "PSY266": (
        "{column}: this student has left the school and does not come back by this file",
        "an old file must not bring back who has left",
        "write 在读 in a column 状态 if the student is here again",
    ),
    "PSY267": (
        "{column}: the numbers of this row belong to two different students",
        "one child's reports would reach the other one's file",
        "correct the number that is wrong",
    ),
    "PSY268": (
        "{column}: the number is known, but perhaps of somebody else; the row was not taken over",
        "schools give numbers again: a new student must not get the file of another one",
        "compare the two; correct the number, the name or the class in the file",
    ),
    "PSY269": (
        "{count} more findings are not listed",
        "so many have mostly one cause",
        "mend what is listed and look at the file again",
    ),
    "PSY270": (
        "{column}: psychiatric codes (38 and 66) stand in this column; they are not taken over",
        "an entry of a register is no reason to look at a student differently",
        "nothing to do here; ask for the column to be left out of such lists",
    ),
    "PSY271": (
        "this hand-over does not wait for you",
        "only the new homeroom teacher, the lead and later the grade head can accept it",
        "ask one of them",
    ),
    "PSY272": (
        "no hand-over of this student waits",
        "it was accepted, or a later file withdrew it",
        "nothing to do",
    ),
    "PSY273": (
        "hand-overs have waited beyond the time that the plan gives them",
        "a student in a crisis stands between two classes",
        "the grade head decides: psysafe handover",
    ),
    "PSY274": (
        "changes of class and departures: where a live case stands against one, it waits",
        "an import never takes a student in a crisis from those who answer for them",
        "those who answer for a student see the list: psysafe handover",
    ),
    "PSY275": (
        "the reader of workbooks broke off: it ended, took too long, or said what is no row",
        "only a damaged file, or one made to do harm, does that; nothing of it was taken over",
        "open it in a spreadsheet program and save it as .xlsx or as CSV in UTF-8",
    ),
    "PSY276": (
        "the reader of workbooks, a process of its own, cannot be started",
        "a workbook could end the school's own process if it were read in it",
        "save the table as CSV in UTF-8; an embedded Python calls multiprocessing.set_executable",
    ),
    "PSY277": (
        "{column}: by accounts or dates students may have left; nobody was taken out for that",
        "an account that is switched off, or a year that has ended, is no departure",
        "where somebody has left, let the export say tobedeleted, or write 离校 in a list",
    ),
    "PSY278": (
        "{count} columns of the sheet are hidden; they were read all the same",
        "what nobody sees may be old, or not be meant for whoever reads the file",
        "show the columns and look at them; delete those that do not belong to the table",
    ),
    "PSY280": (
        "the campaign's {field} cannot be used",
        "a screening without instruments, people or an end would be nobody's",
        "name at least one instrument once, and an end after the beginning and after today",
    ),
    "PSY281": (
        "in {count} stretches of time nobody would read the answers: {intervals}",
        "a child who says at night that they want to die must not wait until somebody looks",
        "name a reader for all of the time, or close before it (nobody: nobody is named; away: no"
        " deputy either; right: may review no flags there; contact: no telephone, no mailbox)",
    ),
    "PSY282": (
        "an open screening has {count} stretches of time in which nobody reads: {intervals}",
        "a child who says at night that they want to die must not wait until somebody looks",
        "name another reader for them (psysafe campaign readers), or close the screening now",
    ),
    "PSY283": (
        "{person} cannot read for this time",
        "only somebody of the staff, from a time until a later one, can be counted on",
        "write a staff_id of the staff file and a time that ends after it begins",
    ),
    "PSY284": (
        "the campaign is {state}: its answers are not taken",
        "what comes in while nobody has said that they read would lie there unread",
        "open the campaign first; what came in without one goes in by psysafe screen",
    ),
    "PSY285": (
        "nobody is invited",
        "there is no class, grade or student of that name",
        "name classes or grades of the roster, or leave it out for the whole school",
    ),
    "PSY286": (
        "{column}: this student is not invited; the sheet is kept all the same",
        "an answer that somebody gave is never thrown away unread",
        "look whether the number is right; invite the student next time",
    ),
    "PSY287": (
        "{column}: answered after the campaign closed; the sheet is kept all the same",
        "an answer that somebody gave is never thrown away unread",
        "close the form itself; look at what still came in",
    ),
    "PSY288": (
        "{column}: answered before the campaign opened; the sheet is kept all the same",
        "it may be a trial, or a wrong clock",
        "look at the time of the sheet",
    ),
    "PSY289": (
        "the answers to {scale} look like places on the form, 1 to {most}, not like points",
        "each answer would be counted one step too high",
        "say which they are: --options score or --options ordinal",
    ),
    "PSY290": (
        "the questions of {scale} were not found in the headings",
        "an answer would be counted for the wrong item",
        "name their columns in order, such as --items {scale}=Q3-Q11",
    ),
    "PSY291": (
        "a column is named for two items",
        "one answer would be counted twice",
        "name one column for each item of each instrument",
    ),
    "PSY292": (
        "{scale}: how often {flag} is raised is not known; it is not in the forecast",
        "the forecast is too low by it",
        "write a rate with its origin into [[screening.rates]] of the plan",
    ),
    "PSY293": (
        "{flags} flags a day are expected and {possible} reviews a day are possible",
        "flags would wait longer than the plan allows",
        "invite class by class over {days} school days, or name more readers",
    ),
    "PSY294": (
        "the rates come from other people: {origin}",
        "pupils of this school may answer otherwise",
        "after a campaign of your own the forecast uses your own rate",
    ),
    "PSY295": (
        "{column}: no column holds the student's number or the time",
        "a sheet belongs to somebody and to a moment",
        "name it with --number-column or --time-column, or give --answered-at",
    ),
}
