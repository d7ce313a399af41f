no signature in it is by this key
