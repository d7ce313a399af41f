was changed (while it was scanned|between its scan and its publishing); nothing was published
