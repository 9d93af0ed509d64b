"""What is known of releases and deployments, from which source, and which concerns are open."""
