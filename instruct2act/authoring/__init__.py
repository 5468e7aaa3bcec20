"""An instruction becomes code: a program that moves the arm, and a reward function that scores what came of it."""
