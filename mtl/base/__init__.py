"""What every room may use; nothing about NLP.

collector    the collector of cycles, out of the way for a while
declared     recipe keys, each declared once: an attribute of a frozen value, marked as a `Key`
device       where torch computes: the device that `train.device` names, its random generators, and what is slow on it
encodings    encodings of text whose characters have two bytes or more, and how a file's first bytes show one
errors       what can be wrong, where, and what to change: the rows that every error of the library is made of
file_kinds   what is found where a file of text was expected
files        files that are complete or absent: written through to the disk, replaced in one step
folders      what a folder holds: a run, an ensemble, an export, or nothing of these
hub          names of models on the Hugging Face hub, from which nothing is downloaded
interrupts   an interrupt that waits: what must not be cut in two is done to its end first
kinds        the kinds of components, and what a class has to have to be of one: all that its base class has
launched     whether torchrun started this process among others, and then those
leftovers    what killed processes leave unfinished: no process holds a lock on it, as one at work does
line_ends    where lines of files end
options      what an object was made with, by the names of its constructor's arguments: its identity beside its class
process_group  several processes on torch.distributed: sums by gloo or NCCL, all else by torchrun's store
processes    the processes that train one model: which one of them this is, and what they agree on
progress     the facts of training and of an export, as they come. Printing and saving them is the consumer's
registry     names for classes that a recipe can ask for, and the schema that their signatures imply
several_errors  errors of the parts of one request, told together
shown        values of cells as messages show them: as the file has them that they were read from
tensors      tensors in safetensors files: read without unpickling, written through to the disk
threads      how many threads torch computes on, temporarily: the setting is one of the whole process
torchtext_files  words and vectors that torchtext has saved
unfinished   a run whose training has not ended: how far it got, and the command that goes on with it
unpacking    text that gzip has packed: unpacked while it is read
version      the version of the library
visible      texts as people can read them: control characters written out, names that look alike made distinct
"""
