^BLOCKED
cli\.js\.map
agent\.ts|plan\.ts
