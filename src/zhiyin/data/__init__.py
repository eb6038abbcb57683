"""Floor 3: what is kept. Every row and index entry belongs to an account, and the scope is enforced here."""
