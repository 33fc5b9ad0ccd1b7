"""The measured promises of Intake: each module is one command that prints a ratio against a named peer."""
