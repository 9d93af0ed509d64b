"""Real servers on 127.0.0.1 for tests: a scriptable HTTP one and a real MLflow registry."""
