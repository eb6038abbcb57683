"""The words all share: facts, the state they fold into, and their form on the wire."""
