"""Speech to text: sound of any common format, a model that hears it, and what was said."""
