"""The pages about people: account, tokens, clinic, audit; and what every page of the product shares."""
