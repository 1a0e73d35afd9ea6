"""Embeddings of tokens, and what they are made of.

alike        the size that embeddings have which are to become one
categorical  a vector per category
char_lstm    a token's vector from an LSTM that reads its characters in both directions
dense        numbers as they are, scaled as those of training
highway      layers that carry a share of their input on as it is
mix          parts of one size, mixed with learned weights
positional   a vector of the place that a token has in its text
sum          parts of one size, added
"""
