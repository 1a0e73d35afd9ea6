"""The base classes of modules, and the joint network: each component once.

adapters    adapters: what a task adds inside the layers of an encoder
beam        beam search: the best of several sequences of choices that are followed side by side
building    building the modules of a sharing graph: each once, its arguments inferred along the edges
distribution  what an ensemble and a student ask of an output layer: its probabilities, and what it decides
frozen      what frozen modules compute of a text, computed once in a run
lexicon     embeddings that can say which word of a vocabulary each token is
loop        a loop over tensors that ends when they say so: in Python, and as one ONNX `Loop` where it is exported
meta        building and running modules without memory, on torch's meta device
module      what a module of a model is: the base classes of all kinds but outputs
multi_task  the joint network: one module for every component of the sharing graph, and what a batch needs of them
output      the end of a task: the base class of output layers
programs    how the values of calls are computed: lists of steps, and what runs them
pulled      the parameters of components that are pulled together: they have equal names and shapes
precision   numbers of 16 bits where they do no harm: `train.precision: bf16` is torch's autocast, losses apart
search      search: finding the best answer among more than can be listed, eager and in an exported graph
sequences   sequences of vectors, as modules hand them to each other: of the tokens of texts, and of pieces of these
"""
