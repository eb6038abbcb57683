"""How Chinese and English are written: folding, sentences, tokens, sounds, quantities, names. Pure functions."""
