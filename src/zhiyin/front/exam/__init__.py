"""The measuring bench: exams of quality and of speed, for developers and analysts."""
