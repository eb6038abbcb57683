"""What was said is sealed under a key of its contact's own; `Sealing.forget` deletes the key, and so the words."""
