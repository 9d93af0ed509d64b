"""The receiver of webhooks over real sockets."""
