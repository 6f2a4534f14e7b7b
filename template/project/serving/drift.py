"""The installed packages against those the image was locked with."""


def check() -> None:
    """Raise StartupError when an installed package is not the locked one."""
