"""What people and scripts do: every verb has its home in one of these modules."""
