^a\.tar: the proof holds, but the verdict is not a pass$
^  verdict    blocked, judged by profile public-release$
!\.env
