"""Say what works, what does not, and the line that mends it; and try the whole loop once."""
