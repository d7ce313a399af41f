cut.tar!/two
