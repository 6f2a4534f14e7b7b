crop = 1
