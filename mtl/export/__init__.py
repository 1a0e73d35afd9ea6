"""From a trained model to text-in, answer-out ONNX graphs over one weights file.

alike           graphs that differ in names alone, so that what one of them answers is what the other does
as_units        regrouping in an exported graph: row i belongs to row i, so nothing is left of it
compare         answers of graphs against the model's, in batches and one by one
cut             cutting a graph at some of its values: a head is the ancestors of its answers
decompositions  decompositions that change nothing, left out: `torch.onnx.export` traces a whole program again for them
distances       how far numbers of a graph are from the model's, on the scale of what they are
expected        the model's answers to a batch, which those of graphs should equal; near ties
export          from a trained model to a verified folder of graphs over one weights file
front_end       from strings to tokens inside the graph, on the operators of a stock onnxruntime
graphs          which graphs an export consists of
head            a graph of an export folder in onnxruntime, with the inputs that torch gets
eight_bits/     a finished export once more with weights of eight bits, which is smaller and faster
joint           the joint graph: front ends, numeric graph and label decoding in one, from strings to answers
layout          the same values from fewer or faster nodes
list_front_end  from lists of strings to their texts one after another, and back to units, inside the graph
loops           what the bodies of loops compute anew at every step, though it stays the same, is computed once
manifest        what an export folder says about itself: `manifest.json`, and the metadata inside each graph
merging         adapters in the weights of their encoder where that is smaller, or beside them
network         what an export computes, as one torch module
nfkc            NFKC of words inside the graph (Unicode Standard Annex 15), exactly
normalization   normalizations of tokens inside the graph, alike on every platform
numeric         from features to answers as one ONNX graph: what torch computes of a model, exported in one piece
operators       operators that `torch.onnx.export` does not know, and their ONNX translations
pairs           which rows of a split are verified
probe           where do an export and its model diverge? Tokens, ids, then what every component computes
ranks           ranks of what flows into the numeric graph, which a `Scan` there needs
replacement     characters of words replaced by other strings, inside the graph
scratch         the folder that an export is written in: locked while its process lives, else a leftover
swap            replacing a folder by a finished one in one step
towers          the two sides of a separable scorer
tracing         what `torch.onnx.export` makes of a network, or which component it fails at
translations    torch's own translations to ONNX, listed once in a process
trees           trees in brackets inside the graph: from the actions that build them and the words of a text
vectors         both sides of a separable scorer, verified
verify          does the export say what the model says? Every graph on the whole test split
weights         all weights of a run in one safetensors file, which every graph references as external data
"""
