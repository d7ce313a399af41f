^usage: stopwater VERB
^  version  
^exit: 0 nothing blocks
^common options:
