^INCOMPLETE  \(stdin\)$
unread    \(stdin\): nothing came out of it
