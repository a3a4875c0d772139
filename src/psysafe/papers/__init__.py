"""Papers that people hold in their hands: Word files made from templates that a school edits.

A template names fields, and each kind of paper has its own list of them (`kinds`). What stands in
a field was decided before the template is looked at, so no template can reach what its printer may
not see. A school's own template is untrusted: `looking` looks through the file, `language` reads
every expression in it, and only then does `filling` put the texts in. Only here: docxtpl.
"""
