"""What every room may use; knows no NLP.

batch_spans  texts that are answered together
device       where torch computes: the device that `train.device` names, its random generators, and what is slow on it
errors       what can be wrong, where, and what to change: the rows that every error of the library is made of
file_kinds   what is found where a file of text was expected
files        files that are whole or not there: written through to the disk, replaced in one step
progress     the facts of training and of an export, as they come. Printing and saving them is the consumer's
registry     names for classes that a recipe can ask for, and the schema that their signatures imply
tensors      tensors in safetensors files: read without unpickling, written through to the disk
text_lines   A line of a file of named texts, queries or documents: what it is called, and the text
threads      how many threads torch computes on, for a while: it is one setting of the whole process
version      the version of the library
visible      texts as people can tell what they hold: control characters written out, names that look alike told apart
"""
