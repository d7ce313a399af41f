a\.js\.map
