a\.js\.map
z\.bin
