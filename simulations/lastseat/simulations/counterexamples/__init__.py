"""What a violation comes to: the smallest one, its cause in a sentence, its steps in plain words."""
