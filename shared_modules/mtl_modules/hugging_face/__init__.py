"""Encoders in folders of Hugging Face's: what their files say.

config   a `config.json`: how large an encoder is, and of which architecture
folder   a folder with these files, which a recipe names
names    what the weights of each architecture are called in a file
weights  a `model.safetensors`: from its tensors to the parameters of a module
"""
