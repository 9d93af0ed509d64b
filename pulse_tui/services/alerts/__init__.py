"""What operators and time do to alerts: operator actions, escalation, delivery."""
