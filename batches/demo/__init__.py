"""A clinic to try things on, and a folder to drop: made up from beginning to end, and the same every time."""
