"""The command line: the only part of the library that prints or exits.

alike        tasks that answer alike everywhere, as evaluations find them: said when it begins, and summed up at the end
answer_lines  answers as JSON lines: on standard output or in a file, and how far they are
app          the command line as a whole: its commands in the order of `--help`, and the options before them
arguments    a command line as it is meant: options that may stand anywhere, and those that say two things
checking     `mtl check` and `mtl graph`
codes        exit codes
commands/    the commands with their arguments and options; each body is imported when its command runs
compared_tables  the tables of a comparison, as wide as the terminal: long names become letters, which a legend explains
comparing    `mtl compare`
comparing_finished  `mtl compare` of runs, ensembles and exports that are finished
components   `mtl components`: what a recipe can name, read from the registered classes themselves
decoding     lines of standard input (or of a file that an option names) as text, and what is no text in them
ensembling    `mtl ensemble`
extending     `mtl extend`
finished     `mtl test` and `mtl export`: what is done with a run that was trained
guard        how a command ends: exit code 0, 1 or 2, errors as rows on standard error, never a traceback unasked
half_trained  what is said of a run whose training has not ended, or of an export of one
input_lines  the lines of a file that an option names, or of standard input, as bytes and as they come
input_rows   lines of text or of JSON as rows, texts by the name of the input, and rows as batches
jobs         the option `--jobs`: so many trainings at a time, each in a process of its own
labels       `mtl labels`: the labels of a trained run, and another name for one of them
numbers      numbers that options take, read: what is none, or too small, is told as other wrong values are
options      arguments and options that several commands have
predicting   `mtl predict`: rows in, one JSON line per row out, in their order and in constant memory
progress     what training and export report, as it comes: training by a bar on a terminal, all else by plain lines
ranking      `mtl rank`: a collection encoded once, then the best documents of each query from standard input
reporting    `mtl report`: each label, the worst confusions and mistakes of a run that was tested
running      how training goes: running means of the losses, tokens a second, and the time that is left
table_columns  which columns of a table hold a task's inputs, as options name them or as they are known
table_rows   rows of a table (TSV, CSV, JSON lines, CoNLL) that a stream holds, by column
tables       the tables that commands end with
together     one of several processes that train together: the first one speaks for all
training     `mtl run` and `mtl train`
tuning       `mtl tune`
wrong_answers  `mtl errors`: the rows that a run answers wrongly, the most certain first, and what is taken for what
"""

import sys

from .codes import INTERRUPTED


def main() -> None:
    """Run the command that `sys.argv` asks for; an interrupt while it is still being imported ends it quietly too."""
    try:
        from .app import main as run

        run()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
