"""Strangers at the door: the widget, REST and OpenAI-compatible wires ↔ what is said and replied, and their guards."""
