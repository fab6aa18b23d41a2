"""The engine as somebody else installs it: the built wheel, in a project outside of this checkout."""
