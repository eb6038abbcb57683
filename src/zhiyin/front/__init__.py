"""Floor 1: people and wires. Bytes become words here, and words bytes."""
