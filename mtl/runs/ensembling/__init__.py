"""What `mtl ensemble` does: finished runs that answer together, as one network of all their components.

answering    the output layers of an ensemble: members' probabilities averaged, or their answers counted as votes
combining    which tasks of some runs can be combined, and what is in the way of the others
ensemble     an ensemble in its folder: measured, exported and verified as a run is
member_graph  the sharing graph of an ensemble: those of its members side by side, joined at new output layers
members      the runs of an ensemble as its folder names them, with a hash of the weights of each
near_ties    how near a member of a vote is to another answer: by its own output layer, from what flows into that
network      the network of an ensemble: the components of its members, and what makes one answer of theirs
training     the members of an ensemble that is trained at once: runs of one recipe that differ by their seeds
"""
