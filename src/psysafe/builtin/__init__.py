"""What comes with the library, announced through the same hooks as any plugin."""
