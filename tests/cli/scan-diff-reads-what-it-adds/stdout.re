^PASS  \(stdin\)
^BLOCKED  \(stdin\)
^exit 1
^exit 2
