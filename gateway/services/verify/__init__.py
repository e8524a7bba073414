"""Who passes, where a terminal asks: consent, permission, admission, decision, enrolment."""
