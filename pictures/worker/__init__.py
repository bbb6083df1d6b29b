"""A program that decodes and encodes pictures in a process of its own: see __main__.py."""
