^PASS
^exit 1
new.pem
!old.pem
