"""Representations: vectors of tokens that know their context; `exported_*` replaces a recurrent one in graphs."""
