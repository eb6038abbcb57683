"""Chooses implementations and wires them; the only room that sees every floor."""
