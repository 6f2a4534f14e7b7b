"""What a repository names by version, commit or digest: found, looked up and refreshed."""
