^BLOCKED  a-1.0.0.tgz
^exit 1$
!^publish
