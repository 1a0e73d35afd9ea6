"""Texts as tokens and features, each with a side for training and one for the exported graph; tags and spans.

alignment         tags and the tokens of a tokenizer
batch_spans       texts that are answered together: bounded in rows, and in tokens with padding
branches          graphs inside a node: what is computed under a condition, or again and again
byte_features     the bytes of tokens
byte_graph        the bytes of tokens inside the graph, from hashes of characters that are undone
character_noise   slips of the keyboard in words: in training only, and made anew whenever a text is read
category_entries  lists of categories with weights, as text
category_features  what embeddings read of lists of categories: the categories' ids and their weights
cells             cells that are values, not texts: a category, a number, or categories with weights
counts            how often tokens, and parts of them, occur in texts: what vocabularies are fitted to
features          what an embedding consumes: a value (or several) per token
featurizer        tokens of texts and what is computed from them, in C++ (`featurizer_ext/`)
front_end         how a text becomes tokens, and how they are normalized before they are looked up
gazetteer         where names of lists are in texts
gazetteer_graph   the longest names of a trie in tokens, from the left, inside the graph
lexical_features  features of a word without a vocabulary: its hash, and how rare it is
listed_words      the ids of words in a vocabulary that comes from a file
name_lists        lists of names from files: lines, tables or JSON
normalization     what is done to a token before it is looked up, and the tables of it that the C++ featurizer has
named_lines       a line of a file of named texts, queries or documents: its name and the text
ngram_features    n-grams of a text: of its words, and of the characters of each word
ngram_graph       n-grams of words and of their characters inside the graph
numbers           the numbers that tokens are, scaled as those of training
own_pieces        tokenizers whose pieces have ids of their own, in a vocabulary that comes with them
piece_graph       the pieces of tokens inside the graph
pieces            features of the pieces that a tokenizer makes of its tokens: an axis below tokens, and the way back
positions         the places of tokens in their texts
quoting           parts of a text by the tokens that they begin and end with
shape_features    how a word is written: its capitals and digits, its prefixes and suffixes
shape_graph       how words are written, and their beginnings and ends, inside the graph
shapes            the shapes of words, by name: how a word is written, its capitals and the pattern of its digits
span_tags         labelled spans of characters, and the tags that they give to tokens
spelling          texts as sequences of characters: those of every token, and a blank after it
subwords/         tokenizers of subwords that come from a file `tokenizer.json`
tag_rule          which tags a column may hold, and the message for one that it may not
tag_schemes       tag schemes: which tags mark spans, what may follow what
token_values      tokens inside an ONNX graph, and what features compute from them there
tokenizers        tokenizers: what cuts texts into tokens, in training and again in the exported graph
transitions       actions that build a tree from left to right, as a stack machine takes them one after another
tree_alignment    trees and the tokens of a tokenizer: which tokens are in each bracket
trees             trees of intents and slots over the words of a text, and the brackets that they are written in
vocabulary        strings and their ids: 0 is padding, 1 is every string that has no entry, entries count from 2
white_space       white space, as tokenizers take it, in texts and in the tags and labels beside them
word_lists        the words of a vocabulary from a file: a word per line, or what torchtext has saved
"""
