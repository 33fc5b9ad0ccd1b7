"""What bytes are and where they rest: the ground under the road, which knows nothing of patients."""
