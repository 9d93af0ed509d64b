"""What people and time do to alerts: deeds, escalation, delivery."""
