^the old hook
no hook is called .post-office
