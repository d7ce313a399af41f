is another image than was scanned; nothing was published
PUBLISHED, AND NOT WHAT WAS SCANNED
