"""What a `.mpm` file means: frozen, exact, without places."""
