"""Money at the provider: attempts, the gateway port, and Stripe test mode on this machine."""
