^publish: nothing was published$
