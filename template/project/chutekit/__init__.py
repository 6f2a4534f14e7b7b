"""What every chute of this kind shares: serving, engines, operations and testing.

Imports nothing by itself: the container image holds only the parts that serve.
"""

__version__ = "1.0.0"
