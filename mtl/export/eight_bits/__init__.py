"""A finished export once more with weights of eight bits, which is smaller and faster, and may answer otherwise.

rewrite  one graph: products, LSTMs and tables of vectors with weights of eight bits
scales   eight-bit integers and their scales, one for each channel
uses     what the graphs of an export use their weights for, which says how each of them is kept
variant  from the folder of an export to that of its eight-bit variant
"""
