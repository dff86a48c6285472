"""What agents see: protocols over the domain, outbound webhooks, discovery."""
