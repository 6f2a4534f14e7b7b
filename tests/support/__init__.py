"""What tests share: the command, repositories, processes, stand-ins. No module here is a test."""
