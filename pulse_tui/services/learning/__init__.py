"""What is learnt from alerts: measures, noise, the launch checklist, who decided what."""
