#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What the shells offer for dinit, by the files in COMPLETIONS.

long_options()
{
	"$DINIT" --help | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE -- '--.*' |
		sort
}

# What bash offers for the words given, of which the last is to be completed.
bash_offers()
{
	bash --norc -c '
		. /usr/share/bash-completion/bash_completion
		. "$COMPLETIONS/completion.bash"
		compopt() { :; }
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
		_dinit
		printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}

fish_offers()
{
	# shellcheck disable=SC2016 # for fish to expand
	fish --no-config -c 'source $COMPLETIONS/completion.fish
		complete -C "$argv"' "$*" | cut -f 1
}

@test "bash offers all long options" {
	[[ $(bash_offers dinit -- | sed 's/=$//' | sort) == \
		$(long_options) ]]
}

@test "bash offers the rest of an option, and files for its value" {
	[[ $(bash_offers dinit --health-c) == --health-cmd= ]]
	touch "$BATS_TEST_TMPDIR/ready-here"
	[[ $(bash_offers dinit --ready-file = "$BATS_TEST_TMPDIR/rea") == \
		$BATS_TEST_TMPDIR/ready-here ]]
}

@test "bash completes COMMAND and its arguments as it would without dinit" {
	bash_offers dinit --grace = 1s -- shellch | grep -qx shellcheck
	touch "$BATS_TEST_TMPDIR/file"
	bash_offers dinit cat "$BATS_TEST_TMPDIR/fi" | grep -q /file
}

@test "fish offers all long options, and says what they are" {
	[[ $(fish_offers dinit -- | sed 's/=$//' | grep -e ^-- | sort) == \
		$(long_options) ]]
	fish_offers dinit --grace | grep -q -- --grace
}

@test "zsh takes the file, and names all options in it" {
	zsh -n "$COMPLETIONS/completion.zsh"
	[[ $(grep -oE -- '--[a-z-]+[=[}]' "$COMPLETIONS/completion.zsh" |
		tr -d '=[}' | sort -u) == $(long_options) ]]
}
