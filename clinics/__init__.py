"""Who may do what: clinics, members, roles, tokens and the audit trail."""
