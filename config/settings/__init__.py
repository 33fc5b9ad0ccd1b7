"""Settings: `base` and `intake` hold what is common, `dev`, `test` and `production` only what differs."""
