^pushed$
new.pem
^refused$
!old.pem
