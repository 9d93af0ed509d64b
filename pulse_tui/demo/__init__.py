"""The demo: one night on recorded fixtures, served over loopback through the real collectors.

Nothing in here decides anything. A loopback server plays the registry, the feeds and the deployment
target; the house that watches it is the same one that watches a real estate.
"""
