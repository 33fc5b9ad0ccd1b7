"""What the parts of the REST interface share: how refusals look, how lists are paged, how a token is sent."""
