^INCOMPLETE  /dev/zero$
unread    /dev/zero: more than 1048576 bytes after unpacking
