x = (  # expect
