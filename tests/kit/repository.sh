# repository.sh - a repository for a test: the same ids on every machine.  Sourced by tests/cli/*/cmd.
#
#	. "$TESTS_DIR/kit/repository.sh"
#	git init -q repo; cd repo
#	commit 2026-01-02 'message'		all that is there, as of that day

export GIT_AUTHOR_NAME='A. Author' GIT_AUTHOR_EMAIL=author@example.org
export GIT_COMMITTER_NAME='C. Committer' GIT_COMMITTER_EMAIL=committer@example.org
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=init.defaultBranch GIT_CONFIG_VALUE_0=main
export GIT_CONFIG_KEY_1=gc.auto GIT_CONFIG_VALUE_1=0

commit() { # DAY MESSAGE
	git add -A
	GIT_AUTHOR_DATE="$1T12:00:00Z" GIT_COMMITTER_DATE="$1T12:00:00Z" git commit -q -m "$2"
}

# A key that opens nothing: made now, so that none lies in this tree.
private_key() { # FILE
	openssl genrsa -traditional 1024 2>/dev/null >"$1"
}
