source map discloses 1 original file
