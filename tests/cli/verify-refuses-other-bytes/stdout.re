^a\.txt: NOT PROVEN$
these are not the bytes that were scanned
!verdict    pass
