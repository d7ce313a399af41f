give one
